package notification

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

var (
	errLate   = fmt.Errorf("notification: the function did not return in time: %w", context.DeadlineExceeded)
	errWaited = fmt.Errorf("notification: waited too long: %w", context.DeadlineExceeded)
	errGoexit = errors.New("notification: the function ended its goroutine")
)

// panicError stands for a panic, without its value, which may hold a payload.
type panicError struct{ valueType string }

func (p panicError) Error() string { return "notification: panic with a value of type " + p.valueType }

// accept has a genuine body handled. What Decode refuses goes to the hook, if there is one.
func (h *Handler) accept(ctx context.Context, body []byte, secret int, o *Outcome) {
	n, err := Decode(body)
	if err == nil {
		n.SecretIndex, o.Notification = secret, n
		h.process(ctx, n, o)
		return
	}
	if h.malformed != nil {
		err = h.call(ctx, func(ctx context.Context) error { return h.malformed(ctx, body) })
	}
	if err != nil {
		o.settle(OutcomeMalformed, http.StatusInternalServerError, "malformed, not accepted", err)
		return
	}
	o.settle(OutcomeMalformed, http.StatusOK, "malformed, accepted by the hook", nil)
}

// process handles n once. The end of sender, or of the timeout, stops it only
// while it waits: once it calls the function, only that call's deadline does.
func (h *Handler) process(sender context.Context, n *Notification, o *Outcome) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(sender))
	defer cancel(nil)
	if sender.Err() != nil {
		cancel(cancellation(sender))
	}
	stopOnHangup := context.AfterFunc(sender, func() { cancel(cancellation(sender)) })
	defer stopOnHangup()
	timer := time.AfterFunc(h.timeout, func() { cancel(errWaited) })
	defer timer.Stop()

	var entered, called bool
	var failure error // the function's
	handled, err := h.gate.once(ctx, n, func() error {
		entered = true
		err := guard(func() error {
			return h.deduplicator.Once(ctx, n, func(ctx context.Context) error {
				stopOnHangup()
				timer.Stop()
				called = true
				failure = h.call(ctx, func(ctx context.Context) error { return h.handle(ctx, n) })
				timer.Reset(h.timeout)
				return failure
			})
		})
		if failure != nil {
			return failure
		}
		return err
	})
	switch {
	case errors.Is(failure, errLate):
		o.settle(OutcomeFailed, http.StatusServiceUnavailable, "function too late", failure)
	case failure != nil:
		o.settle(OutcomeFailed, http.StatusInternalServerError, "function failed", failure)
	case errors.Is(err, ErrOtherBody):
		o.settle(OutcomeDuplicate, http.StatusOK, "duplicate with another body", ErrOtherBody)
	case err != nil && !entered:
		o.settle(OutcomeUnavailable, http.StatusServiceUnavailable, "gave up waiting for another copy", err)
	case err != nil && ctx.Err() != nil:
		err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
		o.settle(OutcomeUnavailable, http.StatusServiceUnavailable, "deduplicator too late", err)
	case err != nil:
		o.settle(OutcomeUnavailable, http.StatusServiceUnavailable, "deduplicator failed", err)
	case handled || !called:
		o.settle(OutcomeDuplicate, http.StatusOK, "duplicate", nil)
	default:
		o.settle(OutcomeHandled, http.StatusOK, "handled", nil)
	}
}

// call runs one of the caller's functions under the deadline and waits for it
// to return, however late.
func (h *Handler) call(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.timeout)
	defer cancel()
	err := guard(func() error { return f(ctx) })
	switch {
	case ctx.Err() == nil:
		return err
	case err == nil:
		return errLate
	}
	return fmt.Errorf("%w: %w", errLate, err)
}

// guard turns a panic into an error.
func guard(f func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = panicError{fmt.Sprintf("%T", value)}
		}
	}()
	return f()
}

// cancellation matches both why ctx ended and the cause that its owner gave.
func cancellation(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}
