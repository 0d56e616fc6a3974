package wrapper

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Ensure makes sure that the app has one enabled webhook with this name, URL,
// secret and event types: it looks for the app's webhook with the URL, then
// creates it or updates it whole, by one request. Webhooks with other URLs are
// left alone.
//
// Replicas that start at once may each create one, and every event would
// arrive twice. So Ensure looks again after a create, and of several webhooks
// with this name and URL it keeps the one with the smallest id, as every
// replica does, and deletes the others; the result names them.
//
// Unknown outcomes, conflicts and concurrent callers with other values are
// dealt with as by MarketplaceWebhooks.Ensure. An app with ten webhooks is an
// error that matches ErrTooManyWebhooks.
func (s *Webhooks) Ensure(ctx context.Context, appID string, p WebhookParams) (EnsureResult[Webhook], error) {
	if p.Enabled == nil {
		p.Enabled = new(true)
	}
	return s.ensure(ctx, appID, p, false)
}

// ensure is Ensure, except that without p.Enabled it leaves a webhook disabled.
// With ownName it creates none beside one that has this name and another URL.
func (s *Webhooks) ensure(
	ctx context.Context, appID string, p WebhookParams, ownName bool,
) (EnsureResult[Webhook], error) {
	if err := checkAppID(appID); err != nil {
		return EnsureResult[Webhook]{}, err
	}
	if err := p.checkAll(s.c); err != nil {
		return EnsureResult[Webhook]{}, err
	}
	target := &appsWebhook{s: s, appID: appID, p: p, ownName: ownName}
	e := ensurer[*Webhook]{target: target, retry: s.c.retry}
	webhook, action, err := e.run(ctx)
	if err == nil && action == EnsureCreated {
		webhook, action, err = target.settle(ctx, webhook)
	}
	if err != nil {
		return EnsureResult[Webhook]{Deleted: target.deleted}, err
	}
	return EnsureResult[Webhook]{*webhook, action, target.deleted}, nil
}

// appsWebhook is the webhook of an app that Ensure brings about: of those with
// its URL, the one to keep.
type appsWebhook struct {
	s       *Webhooks
	appID   string
	p       WebhookParams
	ownName bool
	deleted []string
}

func (t *appsWebhook) create(ctx context.Context) (*Webhook, error) {
	webhook, err := t.s.Create(ctx, t.appID, t.p)
	return &webhook, err
}

func (t *appsWebhook) update(ctx context.Context, found *Webhook) (*Webhook, EnsureAction, error) {
	webhook, err := t.s.Update(ctx, found.ID, t.p)
	return &webhook, EnsureUpdated, overtaken(err, webhook.URL, t.p.URL)
}

// settle looks again after a create: another replica's webhook may be the one
// to keep, and then gets our values.
func (t *appsWebhook) settle(ctx context.Context, created *Webhook) (*Webhook, EnsureAction, error) {
	kept, err := t.find(ctx)
	switch {
	case errors.Is(err, ErrNotFound), // the list is stale, or somebody deleted it
		err == nil && kept.ID == created.ID:
		return created, EnsureCreated, nil
	case err != nil:
		return nil, "", err
	}
	return t.update(ctx, kept)
}

// find returns the webhook to keep, or ErrNotFound, or with ownName the
// *OtherEndpointError of one that has our name. It deletes the others that have
// the same name and URL.
func (t *appsWebhook) find(ctx context.Context) (*Webhook, error) {
	all, err := t.s.all(ctx, t.appID)
	if err != nil {
		return nil, err
	}
	var kept *Webhook
	var there []Webhook // at this URL
	for _, webhook := range all {
		if !sameURL(webhook.URL, t.p.URL) {
			continue
		}
		there = append(there, webhook)
		if kept == nil || t.before(webhook, *kept) {
			kept = &webhook
		}
	}
	named := func(w Webhook) bool { return w.Name == t.p.Name }
	if i := slices.IndexFunc(all, named); kept == nil && t.ownName && i >= 0 {
		return nil, &OtherEndpointError{all[i].ID, all[i].URL}
	}
	if kept == nil {
		return nil, fmt.Errorf("wrapper: the app has no webhook with this URL: %w", ErrNotFound)
	}
	for _, webhook := range there {
		if webhook.ID == kept.ID || webhook.Name != t.p.Name {
			continue
		}
		err := t.s.Delete(ctx, webhook.ID)
		if err != nil && !errors.Is(err, ErrNotFound) { // not found: another replica was faster
			return nil, err
		}
		t.deleted = append(t.deleted, webhook.ID)
	}
	return kept, nil
}

// before orders webhooks as every replica does: our name first, then by id.
func (t *appsWebhook) before(a, b Webhook) bool {
	if (a.Name == t.p.Name) != (b.Name == t.p.Name) {
		return a.Name == t.p.Name
	}
	return a.ID < b.ID
}
