package notification

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// An Outcome is what became of one request, or of one call of
// [Handler.Handle]. See [WithObserver].
type Outcome struct {
	Kind   OutcomeKind
	Reason string // why, as a short fixed phrase: never text from the request
	Status int    // the HTTP status responded; 0 if there was no response, as for Handle

	// Notification is nil if it was refused or malformed.
	Notification *Notification

	// Err is what the function, the hook or the Deduplicator returned, or why
	// the request was refused; nil if all went well. That of a duplicate matches
	// [ErrOtherBody]. Its text may quote the
	// notification if the caller's functions do.
	Err error

	Duration time.Duration // of the whole request or call
}

// An OutcomeKind is one of the constants below.
type OutcomeKind string

// The kinds of an [Outcome].
const (
	OutcomeHandled     OutcomeKind = "handled"     // the function returned nil
	OutcomeDuplicate   OutcomeKind = "duplicate"   // an earlier copy was handled; the function was not called
	OutcomeMalformed   OutcomeKind = "malformed"   // signed but not a notification; Err is nil if the hook accepted it
	OutcomeRefused     OutcomeKind = "refused"     // not genuine or not readable: a 4xx status
	OutcomeFailed      OutcomeKind = "failed"      // the function returned an error, panicked or was too late
	OutcomeUnavailable OutcomeKind = "unavailable" // the Deduplicator failed, or waiting for another copy took too long
)

// newOutcome returns the one that stands if the caller's function ends its
// goroutine, as t.FailNow does, so that nothing after it runs.
func newOutcome() *Outcome {
	return &Outcome{Kind: OutcomeFailed, Reason: "goroutine ended", Err: errGoexit}
}

func (o *Outcome) settle(kind OutcomeKind, status int, reason string, err error) {
	o.Kind, o.Status, o.Reason, o.Err = kind, status, reason, err
}

// report is deferred, so that it also runs when the goroutine ends early.
func (h *Handler) report(ctx context.Context, o *Outcome, start time.Time) {
	o.Duration = time.Since(start)
	h.log(ctx, o)
	if h.observer == nil {
		return
	}
	if err := guard(func() error { h.observer(ctx, *o); return nil }); err != nil {
		h.logger.LogAttrs(ctx, slog.LevelError, "notification: the observer failed", errorAttr(err))
	}
}

// log writes no more of a notification than a type that this package knows.
func (h *Handler) log(ctx context.Context, o *Outcome) {
	if h.logger == nil {
		return
	}
	level := slog.LevelDebug
	switch {
	case o.Kind == OutcomeRefused, o.Kind == OutcomeDuplicate && o.Err != nil:
		level = slog.LevelWarn
	case o.Err != nil:
		level = slog.LevelError
	}
	var attrs []slog.Attr
	if o.Status != 0 {
		attrs = append(attrs, slog.Int("status", o.Status))
	}
	attrs = append(attrs, slog.String("reason", o.Reason))
	if o.Notification != nil {
		attrs = append(attrs, slog.String("type", knownType(o.Notification.Type)))
	}
	if level == slog.LevelError {
		attrs = append(attrs, errorAttr(o.Err))
	}
	h.logger.LogAttrs(ctx, level, "notification", attrs...)
}

func knownType(typ string) string {
	if _, known := decoders[typ]; known {
		return typ
	}
	return "unknown"
}

// errorAttr names the type of an error or panic value: its text might quote the notification.
func errorAttr(err error) slog.Attr {
	if p, ok := errors.AsType[panicError](err); ok {
		return slog.String("panic", p.valueType)
	}
	return slog.String("error", fmt.Sprintf("%T", err))
}
