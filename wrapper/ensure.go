package wrapper

import (
	"cmp"
	"context"
	"errors"
)

// EnsureResult is what Ensure brought about.
type EnsureResult[W MarketplaceWebhook | Webhook] struct {
	// Webhook is what is stored, as App Store Connect returned it.
	Webhook W
	Action  EnsureAction
	// Deleted holds the IDs of the webhooks that Webhooks.Ensure removed, each
	// once: those with the same name and URL. Replicas that start at the same time
	// create such.
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
// it lists, then creates, updates or changes nothing. The secret is set whenever
// it is given, since nobody can read which one is registered; it may be left out
// where the webhook already exists. URL and secret are set by one request, so the pair
// that is stored is always one caller's. Another URL already there is an
// *OtherEndpointError. A response that shows the URL in another form than it was
// given, beyond what RFC 3986 calls the same, is an *UnexpectedResponseError:
// the next Ensure would not recognise it.
//
// After a conflict, or a webhook that disappeared, it looks again for a while.
// After a create of unknown outcome it looks at least twice and for at least
// Retry.Timeout, and may then create again, Retry.Attempts times in all; with
// Retry.Attempts 1 it never does. It never comes back before a Retry-After, and
// returns where that is beyond Retry.MaxWait. Bound it by ctx: without a deadline
// it may take minutes.
//
// Several replicas may call it at once with the same values. It takes no
// lock, so the last writer wins: a replica that still starts with an old
// secret undoes what a newer one has set. Roll a new secret out to every
// receiver first.
func (s *MarketplaceWebhooks) Ensure(
	ctx context.Context, p MarketplaceWebhookParams,
) (EnsureResult[MarketplaceWebhook], error) {
	if p.EndpointURL == "" {
		return EnsureResult[MarketplaceWebhook]{}, invalid("endpoint URL is missing")
	}
	if err := p.checkGiven(s.c); err != nil {
		return EnsureResult[MarketplaceWebhook]{}, err
	}
	e := ensurer[*MarketplaceWebhook]{target: accountsWebhook{s, p}, retry: s.c.retry}
	webhook, action, err := e.run(ctx)
	if err != nil {
		return EnsureResult[MarketplaceWebhook]{}, err
	}
	return EnsureResult[MarketplaceWebhook]{Webhook: *webhook, Action: action}, nil
}

// accountsWebhook is the marketplace webhook that Ensure brings about.
type accountsWebhook struct {
	s *MarketplaceWebhooks
	p MarketplaceWebhookParams
}

func (t accountsWebhook) find(ctx context.Context) (*MarketplaceWebhook, error) {
	webhook, err := t.s.Get(ctx)
	if errors.Is(err, ErrNotFound) {
		err = errNone
	}
	return &webhook, err
}

func (t accountsWebhook) create(ctx context.Context) (*MarketplaceWebhook, error) {
	if t.p.Secret.IsZero() {
		return nil, invalid("secret is missing; there is no webhook yet, and creating one needs it")
	}
	webhook, err := t.s.Create(ctx, t.p)
	return &webhook, cmp.Or(err, rewritten("/v1/marketplaceWebhooks", webhook.EndpointURL, t.p.EndpointURL))
}

func (t accountsWebhook) update(
	ctx context.Context, found *MarketplaceWebhook,
) (*MarketplaceWebhook, EnsureAction, error) {
	switch {
	case !sameURL(found.EndpointURL, t.p.EndpointURL):
		return nil, "", &OtherEndpointError{found.ID, found.EndpointURL}
	case t.p.Secret.IsZero():
		return found, EnsureUnchanged, nil
	}
	webhook, err := t.s.Update(ctx, found.ID, t.p)
	return &webhook, EnsureUpdated, overtaken(err, webhook.EndpointURL, t.p.EndpointURL)
}
