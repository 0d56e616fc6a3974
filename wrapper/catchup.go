package wrapper

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// settling is how long a delivery may be PENDING, and may be missing from the
// list after its creation.
const settling = 5 * time.Minute

// CatchUp hands over what the webhook's receiver missed since then: the payload
// of every event whose last delivery did not succeed, oldest first. With
// Handler.Handle of package notification as handle, what it hands over passes
// through the same deduplication and the same function as what is posted.
//
// It asks for no redelivery, so it also serves a consumer without a public
// URL that calls it now and then. A zero since means ten days ago less an hour,
// the most that can be listed; an older one is refused with an error that matches
// ErrInvalid and names what can no longer be listed.
//
// All pages are read before the first event is handed over, since their order is
// documented nowhere. Pings are left out, and so is a delivery that has been
// PENDING for less than five minutes. The first error of handle ends it. To pass
// over a payload that can never be handled, return nil for it.
//
// next is where to go on, after an error too: events that were not handled, and
// those which may still appear in the list, are created at or after it. Going on
// from there hands over some events again, which a Deduplicator recognises.
func (s *Webhooks) CatchUp(
	ctx context.Context, webhookID string, since time.Time, handle func(ctx context.Context, payload []byte) error,
) (next time.Time, err error) {
	if handle == nil {
		return since, invalid("CatchUp needs a function that handles payloads, got nil")
	}
	start := time.Now()
	filter, err := DeliveryFilter{Since: since}.withDefaults(start)
	if err != nil {
		return since, err
	}
	since = filter.Since
	events, latest, err := s.eventsSince(ctx, webhookID, filter)
	if err != nil {
		return since, err
	}
	next = start.Add(-24 * time.Hour)
	if !latest.IsZero() {
		next = earlier(latest, start.Add(-settling))
	}
	if next.Before(since) {
		next = since
	}
	for _, event := range events {
		if event.mayStillSucceed(start) {
			next = earlier(next, event.first)
			continue
		}
		if err = ctx.Err(); err != nil {
			err = ended(ctx)
		} else {
			err = handle(ctx, event.last.Payload)
		}
		if err != nil {
			err = fmt.Errorf("wrapper: catching up stopped at event %s: %w", printable(event.last.EventID, 128), err)
			return earlier(next, event.first), err
		}
	}
	return next, nil
}

// missedEvent is an event whose last delivery did not succeed.
type missedEvent struct {
	first time.Time // creation of its first delivery
	last  Delivery
}

func (e *missedEvent) mayStillSucceed(now time.Time) bool {
	return e.last.State == DeliveryPending && now.Sub(e.last.CreatedDate) < settling
}

// eventsSince returns the events that were missed, by the creation of their
// first delivery, and the latest creation of any delivery.
func (s *Webhooks) eventsSince(
	ctx context.Context, webhookID string, filter DeliveryFilter,
) (missed []*missedEvent, latest time.Time, err error) {
	byID := map[string]*missedEvent{}
	for delivery, err := range s.Deliveries(ctx, webhookID, filter) {
		if err != nil {
			return nil, latest, err
		}
		if delivery.CreatedDate.After(latest) {
			latest = delivery.CreatedDate
		}
		if delivery.Ping {
			continue
		}
		id := cmp.Or(delivery.EventID, "delivery "+delivery.ID)
		event := byID[id]
		if event == nil {
			event = &missedEvent{first: delivery.CreatedDate, last: delivery}
			byID[id] = event
		}
		event.first = earlier(event.first, delivery.CreatedDate)
		if delivery.CreatedDate.After(event.last.CreatedDate) {
			event.last = delivery
		}
	}
	for _, event := range byID {
		if event.last.State != DeliverySucceeded {
			missed = append(missed, event)
		}
	}
	slices.SortFunc(missed, func(a, b *missedEvent) int {
		return cmp.Or(a.first.Compare(b.first), cmp.Compare(a.last.EventID, b.last.EventID))
	})
	return missed, latest, nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
