package wrapper

import (
	"context"
	"errors"
	"fmt"
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
	if err := checkAppID(appID); err != nil {
		return EnsureResult[Webhook]{}, err
	}
	if err := p.checkAll(); err != nil {
		return EnsureResult[Webhook]{}, err
	}
	var webhook Webhook
	twins := twins{s: s, appID: appID, p: p}
	e := ensurer{
		find:   func(ctx context.Context) (err error) { webhook, err = twins.keepOne(ctx); return err },
		create: func(ctx context.Context) (err error) { webhook, err = s.Create(ctx, appID, p); return err },
		update: func(ctx context.Context) (_ EnsureAction, err error) {
			webhook, err = s.Update(ctx, webhook.ID, p)
			if err == nil && webhook.URL != "" && !sameEndpoint(webhook.URL, p.URL) {
				err = errOvertaken
			}
			return EnsureUpdated, err
		},
	}
	action, err := e.run(ctx, s.client())
	if created := webhook; err == nil && action == EnsureCreated {
		// Another replica's webhook may be the one to keep, and then gets our values.
		switch err = e.find(ctx); {
		case err == nil && webhook.ID == created.ID,
			errors.Is(err, ErrNotFound): // the list is stale, or somebody deleted it
			webhook, err = created, nil
		case err == nil:
			action, err = e.update(ctx)
		}
	}
	if err != nil {
		return EnsureResult[Webhook]{Deleted: twins.deleted}, err
	}
	return EnsureResult[Webhook]{webhook, action, twins.deleted}, nil
}

// twins are the app's webhooks with one URL.
type twins struct {
	s       *Webhooks
	appID   string
	p       WebhookParams
	deleted []string
}

// keepOne returns the webhook to keep, or ErrNotFound. It deletes the others
// that have the same name and URL.
func (t *twins) keepOne(ctx context.Context) (Webhook, error) {
	all, err := t.s.all(ctx, t.appID)
	if err != nil {
		return Webhook{}, err
	}
	var kept Webhook
	var there []Webhook // at this URL
	for _, webhook := range all {
		if !sameURL(webhook.URL, t.p.URL) {
			continue
		}
		there = append(there, webhook)
		if kept.ID == "" || t.before(webhook, kept) {
			kept = webhook
		}
	}
	if kept.ID == "" {
		return Webhook{}, fmt.Errorf("wrapper: the app has no webhook with this URL: %w", ErrNotFound)
	}
	for _, webhook := range there {
		if webhook.ID == kept.ID || webhook.Name != t.p.Name {
			continue
		}
		err := t.s.Delete(ctx, webhook.ID)
		if err != nil && !errors.Is(err, ErrNotFound) { // not found: another replica was faster
			return Webhook{}, err
		}
		t.deleted = append(t.deleted, webhook.ID)
	}
	return kept, nil
}

// before orders webhooks as every replica does: our name first, then by id.
func (t *twins) before(a, b Webhook) bool {
	if (a.Name == t.p.Name) != (b.Name == t.p.Name) {
		return a.Name == t.p.Name
	}
	return a.ID < b.ID
}
