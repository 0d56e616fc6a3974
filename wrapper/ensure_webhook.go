package wrapper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Ensure makes sure that the app has one enabled webhook with this name, URL,
// secret and event types: it looks for the app's webhook with the URL, then
// creates it or updates it whole, by one request. Webhooks with other URLs are
// left alone.
//
// Replicas that start at once may each create one, and every event would
// arrive twice. So after a create Ensure looks until the list shows its webhook,
// or for Retry.Timeout. Of several webhooks with this name and URL it keeps the
// one with the smallest ID, as every replica does: it updates that one, and then
// deletes the others; the result names them.
//
// Unknown outcomes, conflicts and concurrent callers with other values are
// dealt with as by MarketplaceWebhooks.Ensure. An app with ten webhooks is an
// error that matches ErrTooManyWebhooks. A webhook whose URL App Store Connect
// stores in another form is deleted again, since each start would add one.
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
	twins   []string // IDs of those that find would not keep
	deleted []string
}

func (t *appsWebhook) create(ctx context.Context) (*Webhook, error) {
	webhook, err := t.s.Create(ctx, t.appID, t.p)
	if err != nil {
		return &webhook, err
	}
	if err = rewritten("/v1/webhooks", webhook.URL, t.p.URL); err != nil {
		if failed := t.s.Delete(ctx, webhook.ID); failed != nil {
			err = fmt.Errorf("%w (webhook %s stays: %w)", err, webhook.ID, failed)
		}
	}
	return &webhook, err
}

func (t *appsWebhook) update(ctx context.Context, found *Webhook) (*Webhook, EnsureAction, error) {
	webhook, err := t.s.Update(ctx, found.ID, t.p)
	if err = overtaken(err, webhook.URL, t.p.URL); err == nil {
		err = t.deleteTwins(ctx)
	}
	return &webhook, EnsureUpdated, err
}

// settle looks again after a create, until the list shows it or another
// replica's webhook that is the one to keep, which then gets our values.
func (t *appsWebhook) settle(ctx context.Context, created *Webhook) (*Webhook, EnsureAction, error) {
	retry, start := t.s.c.retry, time.Now()
	for round := 1; ; round++ {
		kept, err := t.find(ctx)
		switch {
		case err != nil && !errors.Is(err, errNone):
			return nil, "", err
		case err == nil && kept.ID == created.ID:
			return created, EnsureCreated, t.deleteTwins(ctx)
		case err == nil && t.before(*kept, *created):
			if !slices.Contains(t.twins, created.ID) { // not listed yet
				t.twins = append(t.twins, created.ID)
			}
			webhook, action, err := t.update(ctx, kept)
			if err == nil || !errors.Is(err, ErrNotFound) && !errors.Is(err, errOvertaken) {
				return webhook, action, err
			}
		}
		wait, inTime := retry.nextLook(ctx, round, nil)
		if !inTime || time.Since(start)+wait > retry.Timeout {
			return created, EnsureCreated, nil
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, "", err
		}
	}
}

// find returns the webhook to keep, or errNone, or with ownName the
// *OtherEndpointError of one that has our name. The others that have the same
// name and URL are its twins.
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
		return nil, errNone
	}
	t.twins = nil
	for _, webhook := range there {
		if webhook.ID != kept.ID && named(webhook) {
			t.twins = append(t.twins, webhook.ID)
		}
	}
	return kept, nil
}

// deleteTwins comes after what shows that the kept one lives: without it, two
// stale lists could leave none.
func (t *appsWebhook) deleteTwins(ctx context.Context) error {
	for _, id := range t.twins {
		err := t.s.Delete(ctx, id)
		switch {
		case errors.Is(err, ErrNotFound): // another replica was faster, or the list is stale
		case err != nil:
			return err
		default:
			t.deleted = append(t.deleted, id)
		}
	}
	return nil
}

// before orders webhooks as every replica does: our name first, then by id.
func (t *appsWebhook) before(a, b Webhook) bool {
	if (a.Name == t.p.Name) != (b.Name == t.p.Name) {
		return a.Name == t.p.Name
	}
	return a.ID < b.ID
}
