package notification

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// An answer is what a request comes to, with a reason and a cause for the log.
type answer struct {
	status int
	reason string
	typ    string
	cause  error
}

var (
	errTimeout = errors.New("the function was too late")
	errWaited  = errors.New("gave up waiting for the same notification")
	errNoHook  = errors.New("no hook for malformed bodies")
)

// panicked stands for a panic, without its value, which may hold payload.
type panicked struct{ valueType string }

func (p panicked) Error() string { return "panic of type " + p.valueType }

func (h *Handler) takeMalformed(ctx context.Context, body []byte) answer {
	err := h.call(ctx, func(ctx context.Context) error { return h.malformed(ctx, body) })
	if err != nil {
		return answer{status: http.StatusInternalServerError, reason: "malformed, not taken", cause: err}
	}
	return answer{status: http.StatusOK, reason: "malformed, taken"}
}

// handleOnce gives up when the sender leaves or the time is over only while it
// waits: once the function is called, nothing but its own deadline stops it.
func (h *Handler) handleOnce(sender context.Context, n *Notification) answer {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(sender))
	defer cancel(nil)
	giveUp := func() { cancel(errWaited) }
	stay := context.AfterFunc(sender, giveUp)
	bound := time.AfterFunc(h.timeout, giveUp)
	defer stay()
	defer bound.Stop()

	called := false
	var failure error
	err := guard(func() error {
		return h.deduplicator.Once(ctx, n, func(ctx context.Context) error {
			stay()
			bound.Stop()
			called = true
			failure = h.call(ctx, func(ctx context.Context) error { return h.handle(ctx, n) })
			bound.Reset(h.timeout)
			return failure
		})
	})
	a := answer{status: http.StatusOK, reason: "handled", typ: n.Type}
	switch {
	case errors.Is(failure, errTimeout):
		a.status, a.reason = http.StatusServiceUnavailable, "function too late"
	case failure != nil:
		a.status, a.reason, a.cause = http.StatusInternalServerError, "function failed", failure
	case err != nil && errors.Is(context.Cause(ctx), errWaited):
		a.status, a.reason, a.cause = http.StatusServiceUnavailable, "deduplicator too late", err
	case err != nil:
		a.status, a.reason, a.cause = http.StatusServiceUnavailable, "deduplicator failed", err
	case !called:
		a.reason = "duplicate"
	}
	return a
}

// call runs one of the caller's functions under the deadline and waits for its
// return, however late.
func (h *Handler) call(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.timeout)
	defer cancel()
	err := guard(func() error { return f(ctx) })
	if ctx.Err() != nil {
		return errTimeout
	}
	return err
}

// guard turns a panic into an error.
func guard(f func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = panicked{fmt.Sprintf("%T", value)}
		}
	}()
	return f()
}

// log never sees more of a notification than a type that this package knows.
func (h *Handler) log(ctx context.Context, a answer) {
	level := slog.LevelDebug
	switch {
	case a.status >= 500:
		level = slog.LevelError
	case a.status >= 400:
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{slog.Int("status", a.status), slog.String("reason", a.reason)}
	switch a.typ {
	case "":
	case packageVersionAvailable, appVersionsUnavailable, appVersionUnavailable, appUnavailable:
		attrs = append(attrs, slog.String("type", a.typ))
	default:
		attrs = append(attrs, slog.String("type", "unknown"))
	}
	if p, ok := errors.AsType[panicked](a.cause); ok {
		attrs = append(attrs, slog.String("panic", p.valueType))
	} else if a.cause != nil {
		attrs = append(attrs, slog.String("error", fmt.Sprintf("%T", a.cause)))
	}
	h.logger.LogAttrs(ctx, level, "notification", attrs...)
}
