package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// step does one thing and returns, in a sentence, what came of it.
type step struct {
	title string
	do    func(context.Context) (outcome string, err error)
}

func (d *demo) steps() []step {
	const marketplace, app, pack = "6478000000", "6478000001", "9d5a1ae2-3c0f-4b7e-9a51-2f8f3f1f7a01"
	return []step{
		{"Register the webhook", d.create},
		{"Read it", d.read},
		{"Change its URL and its secret", d.update},
		{"Receive: a version of a package is available", d.notify(&notification.PackageVersionAvailable{
			MarketplaceAppID: marketplace, AppID: app, PackageID: pack,
			PackageVersionID: "5b0c8f0e-7d7c-4f0b-8d0a-6c2f5f0b7a02", PackageVersionNum: "1"})},
		{"Receive: versions of an app are unavailable", d.notify(&notification.AppVersionsUnavailable{
			MarketplaceAppID: marketplace, AppID: app, PackageIDs: []string{pack}})},
		{"Receive: an app is unavailable", d.notify(&notification.AppUnavailable{MarketplaceAppID: marketplace, AppID: app})},
		{"Refuse a forged notification", d.forge},
		{"Delete the webhook, and look again", d.remove},
	}
}

func (d *demo) create(ctx context.Context) (outcome string, err error) {
	d.webhook, err = d.client.MarketplaceWebhooks.Create(ctx, wrapper.MarketplaceWebhookParams{
		EndpointURL: d.receiverURL + "/notifications",
		Secret:      wrapper.NewSecret(d.first),
	})
	return "App Store Connect now posts notifications to " + d.webhook.EndpointURL, err
}

func (d *demo) read(ctx context.Context) (outcome string, err error) {
	d.webhook, err = d.client.MarketplaceWebhooks.Get(ctx)
	return "The account's one webhook is " + d.webhook.ID + "; its secret cannot be read back", err
}

func (d *demo) update(ctx context.Context) (outcome string, err error) {
	d.webhook, err = d.client.MarketplaceWebhooks.Update(ctx, d.webhook.ID, wrapper.MarketplaceWebhookParams{
		EndpointURL: d.receiverURL + "/v2/notifications",
		Secret:      wrapper.NewSecret(d.later),
	})
	return "The receiver knows both secrets, so that nothing is lost meanwhile", err
}

func (d *demo) notify(event notification.Event) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		status, err := d.fake.Notify(ctx, event)
		if err != nil {
			return "", err
		}
		if status != http.StatusOK {
			return "", fmt.Errorf("the receiver responded %s", statusText(status))
		}
		select {
		case n := <-d.received:
			return fmt.Sprintf("Genuine: your code got a %T", n.Event), nil
		default:
			return "", errors.New("the receiver responded 200 to a notification that it did not handle")
		}
	}
}

func (d *demo) forge(ctx context.Context) (string, error) {
	genuine, err := d.fake.Delivery(notification.New(&notification.AppUnavailable{MarketplaceAppID: "6478000000", AppID: "6478000001"}))
	if err != nil {
		return "", err
	}
	status, err := genuine.Forged().Send(ctx)
	if err != nil {
		return "", err
	}
	if status != http.StatusUnauthorized || len(d.received) > 0 {
		return "", fmt.Errorf("the receiver responded %s to a forgery", statusText(status))
	}
	return "Signed with a secret that nobody registered: your code was not called", nil
}

func (d *demo) remove(ctx context.Context) (string, error) {
	if err := d.client.MarketplaceWebhooks.Delete(ctx, d.webhook.ID); err != nil {
		return "", err
	}
	if _, err := d.client.MarketplaceWebhooks.Get(ctx); !errors.Is(err, wrapper.ErrNotFound) {
		return "", errors.Join(errors.New("the webhook is still there"), err)
	}
	return "Nothing is registered any more", nil
}
