package wrapper

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// ensured is a webhook that Ensure brings about. W is a pointer.
type ensured[W any] interface {
	find(context.Context) (W, error) // ErrNotFound: there is none
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
	errNotSeen   = errors.New("wrapper: the webhook whose create had an unknown outcome has not appeared")
	errOvertaken = errors.New("wrapper: the webhook got another endpoint URL meanwhile")
)

// overtaken is the error of a write of a URL, or errOvertaken where the
// response shows another caller's.
func overtaken(err error, got, wrote string) error {
	if err == nil && got != "" && !sameEndpoint(got, wrote) {
		return errOvertaken
	}
	return err
}

func (e *ensurer[W]) run(ctx context.Context) (webhook W, action EnsureAction, err error) {
	for round := 1; ; round++ {
		webhook, action, err = e.once(ctx)
		if err == nil {
			return webhook, action, nil
		}
		again := e.worthLookingAgain(err)
		if err = e.stillUnknown(err); !again {
			return webhook, "", err
		}
		wait := e.retry.ceiling(round)
		wait = wait/2 + rand.N(wait/2+1)
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
			return webhook, "", err
		}
		if stop := sleep(ctx, wait); stop != nil {
			return webhook, "", fmt.Errorf("%w (stopped: %w)", err, stop)
		}
	}
}

func (e *ensurer[W]) once(ctx context.Context) (webhook W, action EnsureAction, err error) {
	webhook, err = e.target.find(ctx)
	switch {
	case err == nil:
		e.unknown = nil
		return e.target.update(ctx, webhook)
	case !errors.Is(err, ErrNotFound):
		return webhook, "", err
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
