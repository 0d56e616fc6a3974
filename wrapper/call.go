package wrapper

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// operation is what is known of one of the document's operations before it
// is called.
type operation struct {
	id         string // operationId
	method     string
	path       string // template
	success    int    // the one status that means done
	idempotent bool   // sending it twice does no more than sending it once
}

// verdict is what one attempt came to.
type verdict struct {
	err     error         // nil: done
	body    []byte        // of an answer that is done
	again   bool          // another attempt may help and can do no harm
	now     bool          // ... and need not wait
	unclear bool          // the operation may have been carried out all the same
	atLeast time.Duration // App Store Connect asked to wait this long
	status  int

	requestID string
}

// request is what one call asks for.
type request struct {
	operation
	id     string // of the webhook; empty for the collection
	body   any    // sent as JSON, unless it is nil
	secret Secret // what is in body and in no error
}

// call sends r until it is done, refused, or unknown.
func call[T any](ctx context.Context, c *Client, r request, decode func([]byte) (T, error)) (T, error) {
	var before history
	var value, zero T
	for attempt := 1; ; attempt++ {
		start := time.Now()
		v := c.attempt(ctx, r, &before)
		if v.err == nil {
			var err error
			if value, err = decode(v.body); err != nil {
				v = r.unexpected(v.status, v.requestID, &before, err.Error())
			}
		}
		c.log(ctx, slog.LevelDebug, "attempt", r.operation, v, attempt, start)
		if v.err == nil {
			return value, nil
		}
		if r.method == http.MethodDelete && before.unclear && errors.Is(v.err, ErrNotFound) {
			return zero, nil // an attempt before this one removed it
		}
		before.unclear = before.unclear || v.unclear
		wait, worthwhile := c.retry.next(ctx, attempt, v)
		if !worthwhile {
			return zero, r.conclude(ctx, v, before.failure)
		}
		before.failure = v.err
		c.log(ctx, slog.LevelWarn, "retry", r.operation, v, attempt, start)
		if sleep(ctx, wait) != nil {
			return zero, r.conclude(ctx, v, nil)
		}
	}
}

// history is what later attempts of a call need to know of earlier ones.
type history struct {
	unclear    bool  // one may have been carried out
	refused    bool  // one was answered 401
	unexpected bool  // one was answered with something that was not understood
	failure    error // what the last one came to
}

// conclude turns the last verdict into the error that the caller sees. What an
// ended context says is less than the failure before, so both are told.
func (op operation) conclude(ctx context.Context, v verdict, before error) error {
	err := v.err
	if ctx.Err() != nil && before != nil {
		err = fmt.Errorf("%w (before: %w)", err, before)
	}
	if ctxErr := ctx.Err(); ctxErr != nil && !errors.Is(err, ctxErr) {
		err = fmt.Errorf("%w (stopped: %w)", err, ctxErr)
	}
	if v.unclear && !op.idempotent {
		return &OutcomeUnknownError{Method: op.method, Path: op.path, Err: err}
	}
	return err
}

// failed says which call err kept from being made.
func (op operation) failed(err error) error {
	return fmt.Errorf("wrapper: %s %s: %w", op.method, op.path, err)
}

func (c *Client) log(ctx context.Context, level slog.Level, msg string, op operation, v verdict, attempt int, start time.Time) {
	if !c.logger.Enabled(ctx, level) {
		return
	}
	c.logger.LogAttrs(ctx, level, msg,
		slog.String("operation", op.id),
		slog.String("route", op.method+" "+op.path),
		slog.Int("status", v.status),
		slog.Int("attempt", attempt),
		slog.Duration("duration", time.Since(start)),
		slog.String("request_id", v.requestID))
}
