package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// step does one thing and returns, in a sentence, what came of it.
type step struct {
	title string
	do    func(context.Context) (outcome string, err error)
}

func (d *demo) steps() []step {
	return []step{
		{"marketplaceWebhooks: register the account's webhook", d.createMarketplaceWebhook},
		{"Change its URL and its secret", d.updateMarketplaceWebhook},
		{"Receive: a version of a package is available", d.notify("AlternativeDistributionPackageVersionAvailable")},
		{"Receive: versions of an app are unavailable", d.notify("AppVersionsUnavailable")},
		{"Receive: an app is unavailable", d.notify("AppUnavailable")},
		{"Refuse a forged notification", d.forge},
		{"Delete the webhook, and look again", d.deleteMarketplaceWebhook},
		{"webhooks: register a webhook for the marketplace's app", d.createWebhook},
		{"Ping it", d.ping},
		{"Receive: a version of a package was created", d.notify("alternativeDistributionPackageVersionCreated")},
		{"Read that version, and where to download it", d.readPackageVersion},
		{"Receive, but fail: a package is available in other territories", d.failDelivery},
		{"List what failed, and have it delivered again", d.redeliver},
		{"Delete the webhook, and look again", d.deleteWebhook},
	}
}

func (d *demo) createMarketplaceWebhook(ctx context.Context) (outcome string, err error) {
	d.marketplace, err = d.client.MarketplaceWebhooks.Create(ctx, wrapper.MarketplaceWebhookParams{
		EndpointURL: d.receiverURL + "/notifications",
		Secret:      wrapper.NewSecret(d.first),
	})
	return "App Store Connect now posts notifications to " + d.marketplace.EndpointURL, err
}

func (d *demo) updateMarketplaceWebhook(ctx context.Context) (outcome string, err error) {
	d.marketplace, err = d.client.MarketplaceWebhooks.Update(ctx, d.marketplace.ID, wrapper.MarketplaceWebhookParams{
		EndpointURL: d.receiverURL + "/v2/notifications",
		Secret:      wrapper.NewSecret(d.later),
	})
	return "The receiver knows both secrets, so that nothing is lost meanwhile", err
}

func (d *demo) notify(eventType string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		status, err := d.fake.Notify(ctx, sample.Event(eventType))
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("the receiver responded %s", statusText(status))
		}
		if err != nil {
			return "", err
		}
		return d.handled()
	}
}

// handled says what the receiver's function was called with.
func (d *demo) handled() (string, error) {
	select {
	case n := <-d.received:
		return fmt.Sprintf("Genuine: your code was called with a %T", n.Event), nil
	default:
		return "", errors.New("nothing was handled")
	}
}

func (d *demo) forge(ctx context.Context) (string, error) {
	genuine, err := d.fake.Sign("", notification.New(sample.Event("AppUnavailable")))
	if err != nil {
		return "", err
	}
	sent, err := genuine[0].Forged().Send(ctx)
	if err != nil {
		return "", err
	}
	if sent.StatusCode != http.StatusUnauthorized || len(d.received) > 0 {
		return "", fmt.Errorf("the receiver responded %s to a forgery", statusText(sent.StatusCode))
	}
	return "Signed with a secret that nobody registered: your code was not called", nil
}

func (d *demo) deleteMarketplaceWebhook(ctx context.Context) (string, error) {
	failed := d.client.MarketplaceWebhooks.Delete(ctx, d.marketplace.ID)
	_, err := d.client.MarketplaceWebhooks.Get(ctx)
	return isGone(failed, err)
}

func (d *demo) createWebhook(ctx context.Context) (outcome string, err error) {
	d.webhook, err = d.client.Webhooks.Create(ctx, sample.MarketplaceAppID, wrapper.WebhookParams{
		Name:       "demo",
		URL:        d.receiverURL + "/notifications",
		Secret:     wrapper.NewSecret(d.later),
		EventTypes: wrapper.MarketplaceEvents(),
	})
	return "App Store Connect now posts these events to " + d.webhook.URL, err
}

func (d *demo) ping(ctx context.Context) (string, error) {
	if err := d.client.Webhooks.Ping(ctx, d.webhook.ID); err != nil {
		return "", err
	}
	d.fake.Wait()
	return d.handled()
}

func (d *demo) readPackageVersion(ctx context.Context) (string, error) {
	version, err := d.client.PackageVersions.Get(ctx, sample.PackageVersionID)
	return fmt.Sprintf("It is version %s of the package %s", version.Version, version.PackageID), err
}

func (d *demo) failDelivery(ctx context.Context) (string, error) {
	d.failing.Store(true)
	defer d.failing.Store(false)
	status, err := d.fake.Notify(ctx, sample.Event("alternativeDistributionPackageAvailableUpdated"))
	if err != nil {
		return "", err
	}
	return "The receiver responded " + statusText(status) + ", so App Store Connect knows that it was not handled", nil
}

func (d *demo) redeliver(ctx context.Context) (string, error) {
	failed := wrapper.DeliveryFilter{States: []wrapper.DeliveryState{wrapper.DeliveryFailed}}
	for delivery, err := range d.client.Webhooks.Deliveries(ctx, d.webhook.ID, failed) {
		if err == nil {
			_, err = d.client.Webhooks.Redeliver(ctx, delivery.ID)
		}
		if err != nil {
			return "", err
		}
	}
	d.fake.Wait()
	return d.handled()
}

func (d *demo) deleteWebhook(ctx context.Context) (string, error) {
	failed := d.client.Webhooks.Delete(ctx, d.webhook.ID)
	_, err := d.client.Webhooks.Get(ctx, d.webhook.ID)
	return isGone(failed, err)
}

// isGone judges a deletion, and the Get after it.
func isGone(deleted, got error) (string, error) {
	if deleted != nil || !errors.Is(got, wrapper.ErrNotFound) {
		return "", errors.Join(errors.New("the webhook is still there"), deleted, got)
	}
	return "Nothing is registered any more", nil
}
