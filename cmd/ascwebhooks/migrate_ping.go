package main

// Whether App Store Connect reaches the new webhook.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// history is what a webhook's deliveries tell.
type history struct {
	pings            map[string]wrapper.Delivery
	latest           time.Time // creation of the latest delivery, by App Store Connect's clock
	marketplaceEvent bool      // an event of alternative distribution was delivered
}

func readHistory(ctx context.Context, client *wrapper.Client, id string, filter wrapper.DeliveryFilter) (history, error) {
	seen := history{pings: map[string]wrapper.Delivery{}}
	for delivery, err := range client.Webhooks.Deliveries(ctx, id, filter) {
		if err != nil {
			return seen, err
		}
		if delivery.CreatedDate.After(seen.latest) {
			seen.latest = delivery.CreatedDate
		}
		if delivery.Ping {
			seen.pings[delivery.ID] = delivery
		}
		if delivery.State == wrapper.DeliverySucceeded && slices.Contains(wrapper.MarketplaceEvents(), delivery.EventType) {
			seen.marketplaceEvent = true
		}
	}
	return seen, nil
}

// ping waits for the delivery of a ping of its own: the first that was not
// listed before.
func (m *migration) ping(ctx context.Context, client *wrapper.Client) error {
	recent := wrapper.DeliveryFilter{Since: m.seen.latest}
	before, err := readHistory(ctx, client, m.plan.wanted.ID, recent)
	if err != nil {
		return err
	}
	if err := client.Webhooks.Ping(ctx, m.plan.wanted.ID); err != nil {
		return err
	}
	deadline := time.Now().Add(m.timeout)
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		now, err := readHistory(ctx, client, m.plan.wanted.ID, recent)
		if err != nil {
			return err
		}
		for id, delivery := range now.pings {
			if _, listed := before.pings[id]; listed {
				continue
			}
			switch delivery.State {
			case wrapper.DeliverySucceeded:
				return nil
			case wrapper.DeliveryFailed:
				return fmt.Errorf("the ping of App Store Connect was not accepted: %s; the old webhook, if any, is still registered: "+
					"correct the receiver and run this again", failure(delivery))
			}
		}
		if time.Now().After(deadline) {
			return errors.New("the ping was not delivered yet; run this again later, or with a longer --timeout")
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func failure(d wrapper.Delivery) string {
	if d.StatusCode != 0 {
		return "the receiver responded " + statusText(d.StatusCode)
	}
	return oneLine(cmp.Or(d.ErrorMessage, "no reason is given"))
}
