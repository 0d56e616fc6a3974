package wrapper

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// EnsureResult is what Ensure brought about.
type EnsureResult[W MarketplaceWebhook | Webhook] struct {
	// Webhook is what is stored, as App Store Connect returned it.
	Webhook W
	Action  EnsureAction
	// Deleted holds the ids of what Webhooks.Ensure removed: webhooks with the
	// same name and URL, as replicas create that start at once.
	Deleted []string
}

// EnsureAction is the last thing that Ensure did.
type EnsureAction string

// What Ensure may have done.
const (
	EnsureUnchanged EnsureAction = "unchanged" // it was there, and no secret was given
	EnsureCreated   EnsureAction = "created"
	EnsureUpdated   EnsureAction = "updated" // it was there, and was set
)

// Ensure makes sure that the account's webhook has this URL and this secret:
// it lists, then creates, updates or leaves. The secret is set whenever it is
// given, since nobody can read which one is registered; it may be left out where
// the webhook already exists. URL and secret are set by one request, so the pair
// that is stored is always one caller's. Another URL already there is an
// *OtherEndpointError.
//
// After a conflict, or a webhook that disappeared, it looks again for a while.
// After a create of unknown outcome it looks at least twice and for at least
// Retry.Timeout, and may then create again, Retry.Attempts times in all; with
// Retry.Attempts 1 it never does. Bound it by ctx: without a deadline it may
// take minutes.
//
// Several replicas may call it at once with the same values. It takes no
// lock, so the last writer wins: a replica that still starts with an old
// secret undoes what a newer one has set. Roll a new secret out to every
// receiver first.
func (s *MarketplaceWebhooks) Ensure(ctx context.Context, p MarketplaceWebhookParams) (EnsureResult[MarketplaceWebhook], error) {
	if p.EndpointURL == "" {
		return EnsureResult[MarketplaceWebhook]{}, invalid("endpoint URL is missing")
	}
	if err := p.checkGiven(); err != nil {
		return EnsureResult[MarketplaceWebhook]{}, err
	}
	e := ensurer[MarketplaceWebhook]{
		find: s.Get,
		create: func(ctx context.Context) (MarketplaceWebhook, error) {
			if p.Secret.IsZero() {
				return MarketplaceWebhook{}, invalid("secret is missing; there is no webhook yet, and creating one needs it")
			}
			created, err := s.Create(ctx, p)
			return created, p.stored(created, err)
		},
		update: func(ctx context.Context, there MarketplaceWebhook) (EnsureResult[MarketplaceWebhook], error) {
			switch {
			case !sameURL(there.EndpointURL, p.EndpointURL):
				return EnsureResult[MarketplaceWebhook]{}, &OtherEndpointError{Existing: there}
			case p.Secret.IsZero():
				return EnsureResult[MarketplaceWebhook]{Webhook: there, Action: EnsureUnchanged}, nil
			}
			updated, err := s.Update(ctx, there.ID, p)
			return EnsureResult[MarketplaceWebhook]{Webhook: updated, Action: EnsureUpdated}, p.stored(updated, err)
		},
	}
	return e.run(ctx, s.client())
}

// stored is the error of a write of p, or errOvertaken where the response shows
// another caller's URL.
func (p MarketplaceWebhookParams) stored(webhook MarketplaceWebhook, err error) error {
	if err == nil && webhook.EndpointURL != "" && !sameEndpoint(webhook.EndpointURL, p.EndpointURL) {
		return errOvertaken
	}
	return err
}

// ensurer brings about one webhook: it finds, creates or updates until one of
// them settles it.
type ensurer[W MarketplaceWebhook | Webhook] struct {
	find   func(context.Context) (W, error) // ErrNotFound: there is none
	create func(context.Context) (W, error)
	update func(context.Context, W) (EnsureResult[W], error)

	unknown error     // the create whose outcome is unknown, until it is settled
	since   time.Time // when its response was lost
	looks   int       // that found nothing since then
	creates int
	odd     int // conflicts, and webhooks that disappeared between two requests
}

var (
	errNotSeen   = errors.New("wrapper: the webhook whose create had an unknown outcome has not appeared")
	errOvertaken = errors.New("wrapper: the webhook got another endpoint URL meanwhile")
)

func (e *ensurer[W]) run(ctx context.Context, c *Client) (EnsureResult[W], error) {
	for round := 1; ; round++ {
		result, err := e.once(ctx, c)
		if err == nil {
			return result, nil
		}
		again := e.worthLookingAgain(err)
		if err = e.stillUnknown(err); !again {
			return EnsureResult[W]{}, err
		}
		wait := c.retry.ceiling(round)
		wait = wait/2 + rand.N(wait/2+1)
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
			return EnsureResult[W]{}, err
		}
		if stop := sleep(ctx, wait); stop != nil {
			return EnsureResult[W]{}, fmt.Errorf("%w (stopped: %w)", err, stop)
		}
	}
}

func (e *ensurer[W]) once(ctx context.Context, c *Client) (EnsureResult[W], error) {
	there, err := e.find(ctx)
	switch {
	case err == nil:
		e.unknown = nil
		return e.update(ctx, there)
	case !errors.Is(err, ErrNotFound):
		return EnsureResult[W]{}, err
	}
	if e.unknown != nil {
		e.looks++
		if e.looks < 2 || time.Since(e.since) < c.retry.Timeout {
			return EnsureResult[W]{}, errNotSeen
		}
		if e.creates >= c.retry.Attempts {
			return EnsureResult[W]{}, e.unknown
		}
	}
	e.creates++
	created, err := e.create(ctx)
	if isUnknown(err) {
		e.unknown, e.since, e.looks = err, time.Now(), 0
	}
	return EnsureResult[W]{Webhook: created, Action: EnsureCreated}, err
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

const maxOdd = 6

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
