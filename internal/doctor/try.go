package doctor

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/ascmarketplace/webhooks/gen"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// tryMarketplaceWebhooks tries what is assumed of the deprecated resource, where
// the account has no webhook: there is one per account, and it may be in use.
func (r *probing) tryMarketplaceWebhooks(ctx context.Context) {
	probes := []string{probeHTTP, probeEmptySecret, probeSecondCreate}
	switch there, err := r.client().MarketplaceWebhooks.List(ctx); {
	case err != nil:
		r.notTried("the marketplace webhook can't be read: "+short(err), probes...)
		return
	case len(there) > 0:
		r.notTried("the account has a marketplace webhook, which is left alone", probes...)
		return
	}
	insecure := "http://marketplace.example/"
	if u, err := url.Parse(r.URL); err == nil && !isLoopback(u.Hostname()) {
		insecure = "http://" + u.Host + "/"
	}
	if r.tryRefused(ctx, probeHTTP, withMark(insecure), r.secret) && r.tryRefused(ctx, probeEmptySecret, withMark(r.URL), "") {
		r.trySecondCreate(ctx)
	}
}

// tryRefused creates a marketplace webhook that should be refused. It reports
// false where there may be one now.
func (r *probing) tryRefused(ctx context.Context, probe, endpointURL, secret string) bool {
	var body gen.MarketplaceWebhookCreateRequest
	body.Data.Type = gen.MarketplaceWebhookCreateRequestDataTypeMarketplaceWebhooks
	body.Data.Attributes = gen.MarketplaceWebhookCreateRequestAttributes{EndpointURL: endpointURL, Secret: secret}
	err := closed(r.unchecked().MarketplaceWebhooksCreateInstance(ctx, body))
	x := r.call
	if r.judge(probe, x.isRefused(), err); x.status == http.StatusForbidden {
		r.notTried("the key may not create a marketplace webhook", probe)
	}
	if id := dataID(x.response); x.status == http.StatusCreated && id != "" { // a list may not have it yet
		return r.client().MarketplaceWebhooks.Delete(ctx, id) == nil
	}
	return x.isRefused() || r.sweepMarketplaceWebhooks(ctx) == nil
}

func (r *probing) trySecondCreate(ctx context.Context) {
	params := wrapper.MarketplaceWebhookParams{EndpointURL: withMark(r.URL), Secret: wrapper.NewSecret(r.secret)}
	first, err := r.client().MarketplaceWebhooks.Create(ctx, params)
	if err != nil {
		r.notTried("the first create failed: "+short(err), probeSecondCreate)
		return
	}
	defer func() { _ = r.client().MarketplaceWebhooks.Delete(ctx, first.ID) }() // what stays is left to sweep
	_, err = r.client().MarketplaceWebhooks.Create(ctx, params)
	r.judge(probeSecondCreate, r.call.status == http.StatusConflict, err)
}

// tryWebhooks tries what is assumed of an app's webhooks.
func (r *probing) tryWebhooks(ctx context.Context) {
	first, err := r.createWebhook(ctx, r.secret)
	if err != nil {
		r.notTried("no webhook could be created: "+short(err), probeSameURL, probeFilters, probeListed, probePayload,
			probeRedeliveryID, probeRedeliverOnce, probeDisabledPing, probeAcknowledgment)
		return
	}
	second, err := r.createWebhook(ctx, rand.Text()) // so that its posts are not taken for the first one's
	r.judge(probeSameURL, r.call.status == http.StatusCreated, err)
	r.tryFilters(ctx, first.ID)
	if r.Listener == nil {
		r.notTried("only what arrives tells: give --addr", probeListed, probePayload, probeRedeliveryID, probeRedeliverOnce,
			probeDisabledPing, probeAcknowledgment)
		return
	}
	r.tryPosts(ctx, first.ID, second.ID)
}

// createWebhook creates a disabled one. Its event type is the one that disturbs
// least while it is enabled.
func (r *probing) createWebhook(ctx context.Context, secret string) (wrapper.Webhook, error) {
	return r.client().Webhooks.Create(ctx, r.AppID, wrapper.WebhookParams{
		Name: webhookName, URL: r.URL, Secret: wrapper.NewSecret(secret), Enabled: new(false),
		EventTypes: []wrapper.EventType{wrapper.EventBackgroundAssetVersionStateUpdated},
	})
}

// deliveries are those of the last day.
func (r *probing) deliveries(ctx context.Context, id string) (all []wrapper.Delivery, err error) {
	for delivery, err := range r.client().Webhooks.Deliveries(ctx, id, wrapper.DeliveryFilter{Since: time.Now().Add(-24 * time.Hour)}) {
		if err != nil {
			return nil, err
		}
		all = append(all, delivery)
	}
	return all, nil
}

// tryFilters lists deliveries with the one filter that was seen to be needed, and with another beside it.
func (r *probing) tryFilters(ctx context.Context, id string) {
	if _, err := r.deliveries(ctx, id); err != nil {
		r.notTried("deliveries can't be listed: "+short(err), probeFilters)
		return
	}
	since := gen.WebhooksDeliveriesGetToManyRelatedParams{
		FilterCreatedDateGreaterThanOrEqualTo: []string{time.Now().Add(-24 * time.Hour).UTC().Format(time.RFC3339)},
		Limit:                                 200,
	}
	until := since
	until.FilterCreatedDateLessThan = []string{time.Now().UTC().Format(time.RFC3339)}
	failed := func(_ context.Context, request *http.Request) error { // gen has no such parameter
		request.URL.RawQuery += "&" + url.Values{"filter[deliveryState]": {"FAILED"}}.Encode()
		return nil
	}
	byDate, err := r.ended(closed(r.unchecked().WebhooksDeliveriesGetToManyRelated(ctx, id, &until)))
	byState, stateErr := r.ended(closed(r.unchecked().WebhooksDeliveriesGetToManyRelated(ctx, id, &since, failed)))
	if err = cmp.Or(err, stateErr); err != nil {
		r.notTried("deliveries can't be listed: "+short(err), probeFilters)
		return
	}
	r.settle(probeFilters, byDate.isRefused() && byState.isRefused(), byState, "for the latest date %s, for the state %s",
		statusText(byDate.status), statusText(byState.status))
}

// tryPosts has App Store Connect post to the first webhook, and not to the
// second, which stays disabled.
func (r *probing) tryPosts(ctx context.Context, enabled, disabled string) {
	failed := []string{probeListed, probePayload, probeRedeliveryID, probeRedeliverOnce, probeDisabledPing, probeAcknowledgment}
	if _, err := r.client().Webhooks.Update(ctx, enabled, wrapper.WebhookParams{Enabled: new(true)}); err != nil {
		r.notTried("the webhook can't be enabled: "+short(err), failed...)
		return
	}
	quiet, quietErr := r.ended(r.client().Webhooks.Ping(ctx, disabled))
	good, err := r.postedPing(ctx, enabled, http.StatusOK, failed)
	if err != nil {
		return
	}
	r.settle(probeListed, true, good.exchange, "after %v", good.after.Round(time.Second))
	r.settle(probePayload, bytes.Equal(good.listed.Payload, good.body), good.exchange,
		"%d bytes were posted, %d are listed", len(good.body), len(good.listed.Payload))
	bad, err := r.postedPing(ctx, enabled, http.StatusServiceUnavailable, failed[2:])
	if err != nil {
		return
	}
	r.settle(probeAcknowledgment, good.listed.State == wrapper.DeliverySucceeded && bad.listed.State == wrapper.DeliveryFailed,
		bad.exchange, "after 200 it is %s, after 503 %s", good.listed.State, bad.listed.State)
	r.tryRedelivery(ctx, bad)
	r.tryDisabled(ctx, disabled, quiet, quietErr)
}

// tryDisabled looks for what was posted to the disabled webhook, which had as
// much time as the other.
func (r *probing) tryDisabled(ctx context.Context, id string, ping exchange, err error) {
	if err != nil {
		r.notTried("there was no second webhook to ping", probeDisabledPing)
		return
	}
	listed, err := r.deliveries(ctx, id)
	if err != nil {
		r.notTried("its deliveries can't be listed: "+short(err), probeDisabledPing)
		return
	}
	r.settle(probeDisabledPing, len(listed) == 0, ping, "the ping got %s, and %d deliveries are listed",
		statusText(ping.status), len(listed))
}

func (r *probing) tryRedelivery(ctx context.Context, original posted) {
	r.respond.Store(http.StatusOK)
	if _, err := r.client().Webhooks.Redeliver(ctx, original.listed.ID); err != nil {
		r.notTried("it can't be sent again: "+short(err), probeRedeliveryID, probeRedeliverOnce)
		return
	}
	first := r.call
	if body, arrived := r.arrival(ctx); arrived {
		same := dataID(body) == dataID(original.body)
		r.settle(probeRedeliveryID, same, first, "%s", sameOrNot(same))
	} else {
		r.notTried("nothing arrived again", probeRedeliveryID)
	}
	_, err := r.client().Webhooks.Redeliver(ctx, original.listed.ID)
	r.judge(probeRedeliverOnce, r.call.isRefused(), err)
}

func sameOrNot(same bool) string {
	if same {
		return "the same ID arrived"
	}
	return "another ID arrived"
}

// dataID is the ID of the event or of the resource in a body.
func dataID(body []byte) string {
	var document struct{ Data struct{ ID string } }
	_ = json.Unmarshal(body, &document)
	return document.Data.ID
}
