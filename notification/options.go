package notification

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
// default. A larger one is answered with 413.
func WithMaxBodySize(bytes int64) Option {
	return func(h *Handler) error {
		if bytes <= 0 {
			return fmt.Errorf("notification: WithMaxBodySize is %d: it has to be positive", bytes)
		}
		h.maxBodySize = bytes
		return nil
	}
}

// WithTimeout sets how long each of three steps may take: waiting for the same
// notification to be handled in another request, the function, and what the
// Deduplicator does after it. The default is 10 s. The function's context ends
// then, and the notification counts as not handled whatever the function
// returns; the Handler still waits for it to return.
func WithTimeout(timeout time.Duration) Option {
	return func(h *Handler) error {
		if timeout <= 0 {
			return fmt.Errorf("notification: WithTimeout is %v: it has to be positive", timeout)
		}
		h.timeout = timeout
		return nil
	}
}

// WithDeduplicator replaces the Deduplicator. The default is in memory: it
// remembers the latest 65,536 notifications that were handled, each for 24
// hours, and nothing after a restart.
func WithDeduplicator(d Deduplicator) Option {
	return func(h *Handler) error {
		if d == nil {
			return errors.New("notification: WithDeduplicator has none: leave it out for the one in memory")
		}
		h.deduplicator = d
		return nil
	}
}

// WithMalformed sets a hook that takes each body that was signed but can't be
// decoded (see [ErrMalformed]), as it was received. If it returns nil in time
// the answer is 200, otherwise 500. Without a hook the answer is 500.
func WithMalformed(take func(ctx context.Context, body []byte) error) Option {
	return func(h *Handler) error {
		if take == nil {
			return errors.New("notification: WithMalformed has no function: leave it out to answer 500")
		}
		h.malformed = take
		return nil
	}
}

// WithLogger sets where the Handler logs one line per request: at debug level
// what it took, as a warning what it refused, as an error what was not
// handled. The default is slog.Default(). The attributes are the status, the
// reason, the type if this package knows it, and the Go type of an error or
// panic value. An error's text might quote the notification, so it is not
// logged: log it in your function if you know that it is safe.
func WithLogger(logger *slog.Logger) Option {
	return func(h *Handler) error {
		if logger == nil {
			return errors.New("notification: WithLogger has none: leave it out for slog.Default, or pass slog.DiscardHandler's")
		}
		h.logger = logger
		return nil
	}
}
