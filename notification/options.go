package notification

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"time"
)

// What a Handler uses unless an Option says otherwise.
const (
	defaultMaxBodySize = 64 << 10
	defaultTimeout     = 10 * time.Second
)

// An Option changes how a [Handler] receives.
type Option func(*Handler) error

// WithMaxBodySize sets the largest body that is read, in bytes: 64 KiB by
// default. The response to a larger one is 413.
func WithMaxBodySize(bytes int64) Option {
	return func(h *Handler) error {
		if bytes <= 0 {
			return fmt.Errorf("notification: WithMaxBodySize is %d: it must be positive", bytes)
		}
		h.maxBodySize = bytes
		return nil
	}
}

// WithTimeout sets how long each of three steps may take: waiting for another
// copy of the notification and for the Deduplicator, the function, and what
// the Deduplicator does after it. The default is 10 s. The function's context
// ends then, and the notification counts as not handled whatever the function
// returns; the Handler still waits for it to return.
func WithTimeout(timeout time.Duration) Option {
	return func(h *Handler) error {
		if timeout <= 0 {
			return fmt.Errorf("notification: WithTimeout is %v: it must be positive", timeout)
		}
		h.timeout = timeout
		return nil
	}
}

// WithDeduplicator replaces the Deduplicator. The default is in memory: it
// remembers the latest 65,536 notifications that were handled, or fewer if
// their IDs are longer than 4 MiB together, each for 24 hours, and none after
// a restart. A nil one is an error.
func WithDeduplicator(d Deduplicator) Option {
	return func(h *Handler) error {
		if isNil(d) {
			return errors.New("notification: WithDeduplicator got nil: leave it out to use the one in memory")
		}
		h.deduplicator = d
		return nil
	}
}

// WithMalformed sets a hook that takes each body that was signed but can't be
// decoded (see [ErrMalformed]), as it was received. If it returns nil in time
// the response is 200, otherwise 500. Without a hook it is 500.
func WithMalformed(take func(ctx context.Context, body []byte) error) Option {
	return func(h *Handler) error {
		if take == nil {
			return errors.New("notification: WithMalformed got no function: leave it out to respond with 500")
		}
		h.malformed = take
		return nil
	}
}

// WithObserver sets a function that gets the [Outcome] of each request and of
// each call of [Handler.Handle]: for metrics, for traces, and to learn why
// something failed, since the log holds only an error's type. Its context is
// that of the request or the call. It is called in the same goroutine, before
// the response is complete, so it should be quick. A panic in it is logged and
// changes nothing.
func WithObserver(observe func(context.Context, Outcome)) Option {
	return func(h *Handler) error {
		if observe == nil {
			return errors.New("notification: WithObserver got no function: leave it out")
		}
		h.observer = observe
		return nil
	}
}

// WithLogger sets where the Handler logs one line for each request or call: at
// debug level what was acknowledged, as a warning what was refused or is a
// duplicate with another body, as an error what was not handled. The default is slog.Default(). The attributes are the
// status, the reason, the type if this package knows it, and the Go type of an
// error or panic value. The text of an error might quote the notification, so
// it is not logged: [WithObserver] passes the error on.
func WithLogger(logger *slog.Logger) Option {
	return func(h *Handler) error {
		if logger == nil {
			return errors.New("notification: WithLogger got nil: leave it out, or pass one with slog.DiscardHandler")
		}
		h.logger = logger
		return nil
	}
}

// isNil also sees a nil pointer or function inside an interface.
func isNil(v any) bool {
	switch value := reflect.ValueOf(v); value.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Func, reflect.Map, reflect.Slice, reflect.Chan:
		return value.IsNil()
	}
	return false
}
