package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// tryMarketplaceWebhooks tries what is assumed of the deprecated resource, where
// the account has no webhook: there is one per account, and it may be in use.
func (r *probing) tryMarketplaceWebhooks(ctx context.Context) {
	probes := []string{probeHTTP, probeEmptySecret, probeSecondCreate}
	switch there, err := r.list(ctx, "/v1/marketplaceWebhooks"); {
	case err != nil:
		r.notTried("the marketplace webhook can't be read: "+err.Error(), probes...)
		return
	case len(there) > 0:
		r.notTried("the account has a marketplace webhook, which is left alone", probes...)
		return
	}
	insecure := "http://marketplace.example/"
	if u, err := url.Parse(r.URL); err == nil && !isLoopback(u.Hostname()) {
		insecure = "http://" + u.Host + "/"
	}
	r.tryRefused(ctx, probeHTTP, withMark(insecure), r.secret)
	r.tryRefused(ctx, probeEmptySecret, withMark(r.URL), "")
	r.trySecondCreate(ctx)
}

// tryRefused creates a marketplace webhook that should be refused.
func (r *probing) tryRefused(ctx context.Context, probe, endpointURL, secret string) {
	x, err := r.createMarketplaceWebhook(ctx, endpointURL, secret)
	switch {
	case err != nil:
		r.notTried(err.Error(), probe)
	case x.status == http.StatusForbidden:
		r.notTried("the key may not create a marketplace webhook", probe)
	default:
		r.settle(probe, x.isRefused(), x, "%s", statusText(x.status))
	}
	r.undo(ctx, x)
}

func (r *probing) trySecondCreate(ctx context.Context) {
	first, err := r.createMarketplaceWebhook(ctx, withMark(r.URL), r.secret)
	if err != nil || first.status != http.StatusCreated {
		r.notTried("the first create failed: "+whyNot(first, err), probeSecondCreate)
		return
	}
	second, err := r.createMarketplaceWebhook(ctx, withMark(r.URL), r.secret)
	if err != nil {
		r.notTried(err.Error(), probeSecondCreate)
	} else {
		r.settle(probeSecondCreate, second.status == http.StatusConflict, second, "%s", statusText(second.status))
	}
	if second.id() != first.id() {
		r.undo(ctx, second)
	}
	r.undo(ctx, first)
}

// undo deletes what a create has created. What it can't delete is left to sweep.
func (r *probing) undo(ctx context.Context, x exchange) {
	if x.status == http.StatusCreated {
		_ = r.delete(ctx, x.path, x.id())
	}
}

func whyNot(x exchange, err error) string {
	if err != nil {
		return err.Error()
	}
	return statusText(x.status)
}

// tryWebhooks tries what is assumed of an app's webhooks.
func (r *probing) tryWebhooks(ctx context.Context) {
	first, err := r.createWebhook(ctx)
	if err != nil || first.status != http.StatusCreated {
		r.notTried("no webhook could be created: "+whyNot(first, err), probeSameURL, probeFilters, probeListed, probePayload,
			probeRedeliveryID, probeRedeliverOnce, probeDisabledPing, probeAcknowledgment)
		return
	}
	second, err := r.createWebhook(ctx)
	if err != nil {
		r.notTried(err.Error(), probeSameURL)
	} else {
		r.settle(probeSameURL, second.status == http.StatusCreated, second, "%s", statusText(second.status))
	}
	r.tryFilters(ctx, first.id())
	if r.Listener == nil {
		r.notTried("only what arrives tells: give --addr", probeListed, probePayload, probeRedeliveryID, probeRedeliverOnce,
			probeDisabledPing, probeAcknowledgment)
		return
	}
	r.tryPosts(ctx, first.id(), second.id())
}

// lastDay is the one filter that was seen to be needed.
func lastDay() url.Values {
	since := time.Now().Add(-24 * time.Hour).UTC().Format(time.RFC3339)
	return url.Values{"filter[createdDateGreaterThanOrEqualTo]": {since}, "include": {"event"}, "limit": {"200"}}
}

func (r *probing) tryFilters(ctx context.Context, id string) {
	byState, latest := lastDay(), lastDay()
	byState.Set("filter[deliveryState]", "FAILED")
	latest.Set("filter[createdDateLessThan]", time.Now().UTC().Format(time.RFC3339))
	refused, last := 0, exchange{}
	for _, query := range []url.Values{lastDay(), byState, latest} {
		x, err := r.send(ctx, http.MethodGet, "/v1/webhooks/"+id+"/deliveries", query, nil)
		if err != nil || len(query) == len(lastDay()) && x.status != http.StatusOK {
			r.notTried("deliveries can't be listed: "+whyNot(x, err), probeFilters)
			return
		}
		if x.isRefused() {
			refused++
		}
		last = x
	}
	r.settle(probeFilters, refused == 2, last, "%d of 2 filters refused", refused)
}

// tryPosts has App Store Connect post to the first webhook, and not to the
// second, which stays disabled.
func (r *probing) tryPosts(ctx context.Context, enabled, disabled string) {
	failed := []string{probeListed, probePayload, probeRedeliveryID, probeRedeliverOnce, probeDisabledPing, probeAcknowledgment}
	if x, err := r.enable(ctx, enabled); err != nil || x.status != http.StatusOK {
		r.notTried("the webhook can't be enabled: "+whyNot(x, err), failed...)
		return
	}
	quiet, quietErr := exchange{}, error(nil)
	if disabled != "" {
		quiet, quietErr = r.ping(ctx, disabled)
	}
	good, goodState, err := r.postedPing(ctx, enabled, http.StatusOK, failed)
	if err != nil {
		return
	}
	bad, badState, err := r.postedPing(ctx, enabled, http.StatusServiceUnavailable, failed[2:])
	if err != nil {
		return
	}
	r.settle(probeAcknowledgment, goodState == "SUCCEEDED" && badState == "FAILED", bad.exchange,
		"after 200 it is %s, after 503 %s", goodState, badState)
	r.settle(probeListed, true, good.exchange, "after %v", good.after.Round(time.Second))
	r.settle(probePayload, bytes.Equal(good.payload, good.body), good.exchange,
		"%d bytes were posted, %d are listed", len(good.body), len(good.payload))
	r.tryRedelivery(ctx, bad)
	r.tryDisabled(ctx, disabled, quiet, quietErr)
}

// tryDisabled looks for what was posted to the disabled webhook, which had as
// much time as the other.
func (r *probing) tryDisabled(ctx context.Context, id string, ping exchange, err error) {
	if id == "" || err != nil {
		r.notTried("there was no second webhook to ping", probeDisabledPing)
		return
	}
	x, err := r.send(ctx, http.MethodGet, "/v1/webhooks/"+id+"/deliveries", lastDay(), nil)
	if err != nil || x.status != http.StatusOK {
		r.notTried("its deliveries can't be listed: "+whyNot(x, err), probeDisabledPing)
		return
	}
	count := len(x.deliveries())
	r.settle(probeDisabledPing, count == 0, ping, "the ping got %s, and %d deliveries are listed", statusText(ping.status), count)
}

func (r *probing) tryRedelivery(ctx context.Context, original posted) {
	r.respond.Store(http.StatusOK)
	first, err := r.redeliver(ctx, original.deliveryID)
	if err != nil || first.status != http.StatusCreated {
		r.notTried("it can't be sent again: "+whyNot(first, err), probeRedeliveryID, probeRedeliverOnce)
		return
	}
	if body, arrived := r.arrival(ctx); arrived {
		r.settle(probeRedeliveryID, eventID(body) == eventID(original.body) && eventID(body) != "", first, "%s", sameOrNot(eventID(body) == eventID(original.body)))
	} else {
		r.notTried("nothing arrived again", probeRedeliveryID)
	}
	second, err := r.redeliver(ctx, original.deliveryID)
	if err != nil {
		r.notTried(err.Error(), probeRedeliverOnce)
		return
	}
	r.settle(probeRedeliverOnce, second.isRefused(), second, "%s", statusText(second.status))
}

func sameOrNot(same bool) string {
	if same {
		return "the same ID arrived"
	}
	return "another ID arrived"
}

func eventID(body []byte) string {
	var event struct{ Data struct{ ID string } }
	_ = json.Unmarshal(body, &event)
	return strings.TrimSpace(event.Data.ID)
}
