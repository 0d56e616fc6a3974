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
	var webhook MarketplaceWebhook
	e := ensurer{
		find: func(ctx context.Context) (err error) { webhook, err = s.Get(ctx); return err },
		create: func(ctx context.Context) (err error) {
			if p.Secret.IsZero() {
				return invalid("secret is missing; there is no webhook yet, and creating one needs it")
			}
			webhook, err = s.Create(ctx, p)
			return p.stored(webhook, err)
		},
		update: func(ctx context.Context) (_ EnsureAction, err error) {
			switch {
			case !sameURL(webhook.EndpointURL, p.EndpointURL):
				return "", &OtherEndpointError{Existing: webhook}
			case p.Secret.IsZero():
				return EnsureUnchanged, nil
			}
			webhook, err = s.Update(ctx, webhook.ID, p)
			return EnsureUpdated, p.stored(webhook, err)
		},
	}
	action, err := e.run(ctx, s.client())
	if err != nil {
		return EnsureResult[MarketplaceWebhook]{}, err
	}
	return EnsureResult[MarketplaceWebhook]{Webhook: webhook, Action: action}, nil
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
type ensurer struct {
	find   func(context.Context) error // ErrNotFound: there is none
	create func(context.Context) error
	update func(context.Context) (EnsureAction, error) // what find has found

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

func (e *ensurer) run(ctx context.Context, c *Client) (EnsureAction, error) {
	for round := 1; ; round++ {
		action, err := e.once(ctx, c)
		if err == nil {
			return action, nil
		}
		again := e.worthLookingAgain(err)
		if err = e.stillUnknown(err); !again {
			return "", err
		}
		wait := c.retry.ceiling(round)
		wait = wait/2 + rand.N(wait/2+1)
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
			return "", err
		}
		if stop := sleep(ctx, wait); stop != nil {
			return "", fmt.Errorf("%w (stopped: %w)", err, stop)
		}
	}
}

func (e *ensurer) once(ctx context.Context, c *Client) (EnsureAction, error) {
	err := e.find(ctx)
	switch {
	case err == nil:
		e.unknown = nil
		return e.update(ctx)
	case !errors.Is(err, ErrNotFound):
		return "", err
	}
	if e.unknown != nil {
		e.looks++
		if e.looks < 2 || time.Since(e.since) < c.retry.Timeout {
			return "", errNotSeen
		}
		if e.creates >= c.retry.Attempts {
			return "", e.unknown
		}
	}
	e.creates++
	err = e.create(ctx)
	if isUnknown(err) {
		e.unknown, e.since, e.looks = err, time.Now(), 0
	}
	return EnsureCreated, err
}

// worthLookingAgain: another caller was faster, a list is stale, or nobody can
// tell yet.
func (e *ensurer) worthLookingAgain(err error) bool {
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
func (e *ensurer) stillUnknown(err error) error {
	if e.unknown == nil || isUnknown(err) {
		return err
	}
	if errors.Is(err, errNotSeen) {
		return e.unknown
	}
	return fmt.Errorf("%w (then: %w)", e.unknown, err)
}
