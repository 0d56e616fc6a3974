package wrapper

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

// ensured is a webhook that Ensure brings about. W is a pointer.
type ensured[W any] interface {
	find(context.Context) (W, error) // errNone: there is none
	create(context.Context) (W, error)
	update(ctx context.Context, found W) (W, EnsureAction, error)
}

// ensurer finds, creates or updates its target until one of them settles it.
type ensurer[W any] struct {
	target ensured[W]
	retry  Retry

	unknown error     // the create whose outcome is unknown, until it is settled
	since   time.Time // when its response was lost
	looks   int       // that found nothing since then
	creates int
	odd     int // conflicts, and webhooks that disappeared between two requests
}

const maxOdd = 6

var (
	errNone      = fmt.Errorf("wrapper: there is no such webhook yet: %w", ErrNotFound)
	errNotSeen   = errors.New("wrapper: the webhook whose create had an unknown outcome has not appeared")
	errOvertaken = errors.New("wrapper: the webhook got another endpoint URL meanwhile")
)

// overtaken is the error of an update of the URL, or errOvertaken where the
// response shows another caller's.
func overtaken(err error, got, wrote string) error {
	if err == nil && got != "" && !sameURL(got, wrote) {
		return errOvertaken
	}
	return err
}

// rewritten is the error of a create whose URL reads back as one that no later
// Ensure would recognise: it would create another webhook each time.
func rewritten(path, got, wrote string) error {
	if got == "" || sameURL(got, wrote) {
		return nil
	}
	return &UnexpectedResponseError{
		Method: http.MethodPost, Path: path, StatusCode: http.StatusCreated,
		Reason: fmt.Sprintf("the URL was given as %s and stored as %s; give it as it is stored", wrote, printable(got, 2048)),
	}
}

func (e *ensurer[W]) run(ctx context.Context) (webhook W, action EnsureAction, err error) {
	for round := 1; ; round++ {
		webhook, err = e.target.find(ctx)
		if err != nil && !errors.Is(err, errNone) {
			return webhook, "", e.stillUnknown(err)
		}
		webhook, action, err = e.write(ctx, webhook, err == nil)
		if err == nil {
			return webhook, action, nil
		}
		again := e.worthLookingAgain(err)
		err = e.stillUnknown(err)
		wait, inTime := e.retry.nextLook(ctx, round, err)
		if !again || !inTime {
			return webhook, "", err
		}
		if stop := sleep(ctx, wait); stop != nil {
			return webhook, "", fmt.Errorf("%w (stopped: %w)", err, stop)
		}
	}
}

// nextLook is how long to wait before the next look, and whether that is within
// the context's time: never less than a response asked for.
func (r Retry) nextLook(ctx context.Context, round int, after error) (time.Duration, bool) {
	wait := r.ceiling(round)
	wait = wait/2 + rand.N(wait/2+1)
	if apiErr, ok := errors.AsType[*APIError](after); ok && !apiErr.RetryAt.IsZero() {
		asked := time.Until(apiErr.RetryAt)
		if asked > r.MaxWait {
			return 0, false
		}
		wait = max(wait, asked)
	}
	deadline, ok := ctx.Deadline()
	return wait, !ok || time.Until(deadline) > wait
}

// write updates the webhook that was found, or creates one.
func (e *ensurer[W]) write(ctx context.Context, webhook W, found bool) (_ W, action EnsureAction, err error) {
	if found {
		e.unknown = nil
		return e.target.update(ctx, webhook)
	}
	if e.unknown != nil {
		e.looks++
		if e.looks < 2 || time.Since(e.since) < e.retry.Timeout {
			return webhook, "", errNotSeen
		}
		if e.creates >= e.retry.Attempts {
			return webhook, "", e.unknown
		}
	}
	e.creates++
	webhook, err = e.target.create(ctx)
	if isUnknown(err) {
		e.unknown, e.since, e.looks = err, time.Now(), 0
	}
	return webhook, EnsureCreated, err
}

// worthLookingAgain: another caller was faster, a list is stale, or nobody can
// tell yet.
func (e *ensurer[W]) worthLookingAgain(err error) bool {
	if errors.Is(err, errNotSeen) || isUnknown(err) && e.looks == 0 {
		return true
	}
	if e.odd++; e.odd > maxOdd {
		return false
	}
	if errors.Is(err, errOvertaken) {
		return true
	}
	apiErr, refused := errors.AsType[*APIError](err)
	switch {
	case !refused || errors.Is(err, ErrTooManyWebhooks):
		return false
	case errors.Is(apiErr, ErrConflict):
		// A 409 may also be about an attribute's value, which stays wrong.
		return !apiErr.HasCode("ENTITY_ERROR.ATTRIBUTE") || apiErr.HasCode("ENTITY_ERROR.ATTRIBUTE.INVALID.DUPLICATE")
	default:
		return errors.Is(apiErr, ErrNotFound)
	}
}

func isUnknown(err error) bool {
	_, unknown := errors.AsType[*OutcomeUnknownError](err)
	return unknown
}

// stillUnknown keeps an unknown outcome in the error when what came after
// has not settled it.
func (e *ensurer[W]) stillUnknown(err error) error {
	if e.unknown == nil || isUnknown(err) {
		return err
	}
	if errors.Is(err, errNotSeen) {
		return e.unknown
	}
	return fmt.Errorf("%w (then: %w)", e.unknown, err)
}
