package notification

import (
	"context"
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
	return positive("WithMaxBodySize", bytes, func(h *Handler) { h.maxBodySize = bytes })
}

// WithTimeout sets how long each of three steps may take: waiting for another
// copy of the notification and for the Deduplicator, the function, and what
// the Deduplicator does after it. The default is 10 s. The function's context
// ends then, and the notification counts as not handled whatever the function
// returns; the Handler still waits for it to return.
func WithTimeout(timeout time.Duration) Option {
	return positive("WithTimeout", timeout, func(h *Handler) { h.timeout = timeout })
}

// WithDeduplicator replaces the Deduplicator. The default is in memory: it
// remembers the latest 65,536 notifications that were handled, or fewer if
// their IDs are longer than 4 MiB together, each for 24 hours, and none after
// a restart. A nil one is an error.
func WithDeduplicator(d Deduplicator) Option {
	return notNil("WithDeduplicator", d, func(h *Handler) { h.deduplicator = d })
}

// WithMalformed sets a hook that takes each body that was signed, or given to
// Handle, but can't be decoded (see [ErrMalformed]), as it was received. If it
// returns nil in time the response is 200, otherwise 500, as without a hook.
func WithMalformed(take func(ctx context.Context, body []byte) error) Option {
	return notNil("WithMalformed", take, func(h *Handler) { h.malformed = take })
}

// WithObserver sets a function that gets the [Outcome] of each request and of
// each call of [Handler.Handle]: for metrics, for traces, and to learn why
// something failed, since the log holds only an error's type. Its context is
// that of the request or the call. It is called before the response is
// complete, so it should be quick. If it panics or ends its goroutine, that is
// logged and changes nothing.
func WithObserver(observe func(context.Context, Outcome)) Option {
	return notNil("WithObserver", observe, func(h *Handler) { h.observer = observe })
}

// WithLogger sets where the Handler logs one line for each request or call: at
// debug level what was acknowledged, as a warning what was refused, as an error what
// was not handled. The default is slog.Default(). The attributes are the
// status, the reason, the type if this package knows it, and the Go type of an
// error or panic value. The text of an error might quote the notification, so
// it is not logged: [WithObserver] passes the error on.
func WithLogger(logger *slog.Logger) Option {
	return notNil("WithLogger", logger, func(h *Handler) { h.logger = logger })
}

func notNil(option string, value any, set func(*Handler)) Option {
	return func(h *Handler) error {
		if isNil(value) {
			return fmt.Errorf("notification: %s got nil: leave it out to have the default", option)
		}
		set(h)
		return nil
	}
}

func positive[T int64 | time.Duration](option string, value T, set func(*Handler)) Option {
	return func(h *Handler) error {
		if value <= 0 {
			return fmt.Errorf("notification: %s is %v: it must be positive", option, value)
		}
		set(h)
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
