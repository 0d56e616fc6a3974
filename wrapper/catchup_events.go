package wrapper

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// event is what the list says of one event.
type event struct {
	id          string
	first, last time.Time // creation of its first and its last delivery
	state       DeliveryState
	payload     []byte // unless it succeeded
	deliveryID  string // the last one's
}

// list returns the events, oldest first, and the latest creation of any delivery.
func (c *catcher) list(ctx context.Context) (events []*event, latest time.Time, err error) {
	byID := map[string]*event{}
	var from time.Time
	since := func(now time.Time) time.Time {
		from = later(c.next(), firstListed(now).Add(listingMargin))
		return from
	}
	for delivery, err := range c.s.listDeliveries(ctx, c.webhookID, since) {
		if err != nil {
			return nil, latest, err
		}
		if delivery.CreatedDate.IsZero() {
			delivery.CreatedDate = from // an unreadable date: the earliest that it can be
		}
		latest = later(latest, delivery.CreatedDate)
		if !delivery.Ping {
			collect(byID, delivery)
		}
	}
	for _, event := range byID {
		events = append(events, event)
	}
	slices.SortFunc(events, func(a, b *event) int {
		return cmp.Or(a.first.Compare(b.first), cmp.Compare(a.id, b.id))
	})
	return events, latest, nil
}

// collect adds a delivery to what is known of its event. Only payloads that may
// have to be handed over are kept.
func collect(byID map[string]*event, d Delivery) {
	id := cmp.Or(d.EventID, "of delivery "+d.ID)
	known := byID[id]
	if known == nil {
		known = &event{id: id, first: d.CreatedDate}
		byID[id] = known
	}
	if d.CreatedDate.Before(known.first) {
		known.first = d.CreatedDate
	}
	if d.CreatedDate.Before(known.last) {
		return
	}
	known.last, known.state, known.deliveryID, known.payload = d.CreatedDate, d.State, d.ID, nil
	if d.State != DeliverySucceeded {
		known.payload = d.Payload
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
