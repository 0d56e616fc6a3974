package wrapper

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/ascmarketplace/webhooks/gen"
)

// Delivery is one attempt to post an event to a webhook.
type Delivery struct {
	ID    string
	State DeliveryState
	// CreatedDate is when App Store Connect decided to post, SentDate when it
	// did. A date that can't be read is the zero time.
	CreatedDate, SentDate time.Time
	// Redelivery says that it was asked for with Redeliver.
	Redelivery   bool
	ErrorMessage string
	RequestURL   string
	// StatusCode and ResponseBody are what the receiver responded with; zero if
	// it did not.
	StatusCode   int
	ResponseBody string

	// EventID names the event. That a redelivery has the same is assumed.
	EventID   string
	EventType EventType // empty for a ping
	Ping      bool
	// Payload is what was posted, for notification.Decode or Handler.Handle.
	// That it is the posted body byte for byte is assumed. Nil if the event was
	// not listed with its delivery.
	Payload []byte
}

// DeliveryState is what became of a delivery.
type DeliveryState string

// Apple's delivery states.
const (
	DeliverySucceeded DeliveryState = "SUCCEEDED"
	DeliveryFailed    DeliveryState = "FAILED"
	DeliveryPending   DeliveryState = "PENDING"
)

// DeliveryFilter says which deliveries to list; its zero value, all that can
// be listed.
type DeliveryFilter struct {
	// States are compared here: the live service was seen to refuse the filter
	// that the OpenAPI document has for them. Empty: every state.
	States []DeliveryState
	// Since is the earliest CreatedDate, less than ten days ago by App Store
	// Connect's clock: the live service was seen to refuse an older one, and
	// none at all. Zero: everything that is listed.
	Since time.Time
	// Before excludes CreatedDates from here on. It is compared here too: the
	// live service was seen to refuse it beside Since. Zero: no bound.
	Before time.Time
}

// ErrNotListed is matched when deliveries are wanted from a time that App Store
// Connect no longer lists: it was seen to list ten days.
var ErrNotListed = errors.New("can no longer be listed")

const (
	deliveriesListed = 10 * 24 * time.Hour
	listingMargin    = 5 * time.Minute // for a list that takes its time, or is retried

	maxDeliveriesBody = 8 << 20
)

func notListed(from, to time.Time) error {
	return fmt.Errorf("wrapper: deliveries created from %s to %s %w", formatDate(from), formatDate(to), ErrNotListed)
}

func (f DeliveryFilter) check() error {
	if !f.Before.IsZero() && !f.Before.After(f.Since) {
		return invalid("before is not after since; no delivery lies between them")
	}
	return nil
}

// checkListed refuses what is no longer listed at that time by App Store
// Connect's clock.
func (f DeliveryFilter) checkListed(now time.Time) error {
	if first := firstListed(now); !f.Since.IsZero() && f.Since.Before(first) {
		return notListed(f.Since, first)
	}
	return nil
}

func firstListed(now time.Time) time.Time { return now.Add(-deliveriesListed) }

// includes compares what App Store Connect may not: states, the upper bound,
// and dates below the second, which formatDate leaves out.
func (f DeliveryFilter) includes(d Delivery) bool {
	switch {
	case len(f.States) > 0 && !slices.Contains(f.States, d.State):
		return false
	case d.CreatedDate.IsZero():
		return true
	}
	return !d.CreatedDate.Before(f.Since) && (f.Before.IsZero() || d.CreatedDate.Before(f.Before))
}

func formatDate(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Deliveries lists the webhook's deliveries with their events, reading one page
// after the other; in which order is documented nowhere. An error ends the
// sequence.
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-webhooks-_id_-deliveries
func (s *Webhooks) Deliveries(ctx context.Context, id string, filter DeliveryFilter) iter.Seq2[Delivery, error] {
	return func(yield func(Delivery, error) bool) {
		err := cmp.Or(checkID(id), filter.check())
		if now, known := s.c.serverNow(); known {
			err = cmp.Or(err, filter.checkListed(now))
		}
		if err != nil {
			yield(Delivery{}, err)
			return
		}
		since := func(now time.Time) time.Time {
			return cmp.Or(filter.Since, firstListed(now).Add(listingMargin))
		}
		for delivery, err := range s.listDeliveries(ctx, id, since) {
			if err != nil {
				now, _ := s.c.serverNow()
				yield(delivery, cmp.Or(filter.checkListed(now), err))
				return
			}
			if filter.includes(delivery) && !yield(delivery, nil) {
				return
			}
		}
	}
}

// listDeliveries reads page after page. since tells where the list begins, by
// App Store Connect's clock. An outage's deliveries hold whole error pages of
// receivers, so a page that is too large is asked for in a smaller size.
func (s *Webhooks) listDeliveries(
	ctx context.Context, id string, since func(now time.Time) time.Time,
) iter.Seq2[Delivery, error] {
	now, known := s.c.serverNow()
	from := since(now)
	params := &gen.WebhooksDeliveriesGetToManyRelatedParams{
		Include: []string{"event"},
		Limit:   maxPage,
	}
	return pages[Delivery](func(query string) ([]*Delivery, string, error) {
		for {
			params.FilterCreatedDateGreaterThanOrEqualTo = []string{formatDate(from)}
			call := s.c.call(operation{
				id: "webhooks_deliveries_getToManyRelated", invalid: checkID(id), query: query, maxBody: maxDeliveriesBody,
			})
			deliveries := list(call, newDelivery)
			got, next, err := deliveries.page(call.WebhooksDeliveriesGetToManyRelated(ctx, id, params))
			if !known {
				// The first response told the time: this machine's may have been wrong.
				now, known = s.c.serverNow()
				if right := since(now); right.Sub(from).Abs() > time.Minute {
					from = right
					continue
				}
			}
			if !call.tooLarge || params.Limit == 1 {
				return got, next, err
			}
			params.Limit = max(params.Limit/2, 1)
		}
	}).all
}

// Redeliver asks App Store Connect to post the event of a delivery once more,
// and returns the new delivery. If the response is lost, it returns an
// *OutcomeUnknownError and does not try again. That the event keeps its ID,
// which every receiver that removes duplicates relies on, is assumed; so is
// that a delivery can be redelivered only once.
//
// https://developer.apple.com/documentation/appstoreconnectapi/post-v1-webhookdeliveries
func (s *Webhooks) Redeliver(ctx context.Context, deliveryID string) (Delivery, error) {
	var body gen.WebhookDeliveryCreateRequest
	body.Data.Type = gen.WebhookDeliveryCreateRequestDataTypeWebhookDeliveries
	body.Data.Relationships.Template.Data.Type = gen.WebhookDeliveryCreateRequestDataRelationshipsTemplateDataTypeWebhookDeliveries
	body.Data.Relationships.Template.Data.ID = deliveryID
	call := s.c.call(operation{id: "webhookDeliveries_createInstance", invalid: checkID(deliveryID)})
	delivery := single(call, "", newDelivery)
	return value(delivery.result(call.WebhookDeliveriesCreateInstance(ctx, body)))
}

func newDelivery(from *gen.WebhookDelivery, included []included) (*Delivery, error) {
	attributes := from.Attributes
	delivery := &Delivery{
		ID: from.ID, State: DeliveryState(attributes.DeliveryState),
		CreatedDate: parseDate(attributes.CreatedDate), SentDate: parseDate(attributes.SentDate),
		Redelivery: attributes.Redelivery, ErrorMessage: attributes.ErrorMessage,
		RequestURL: attributes.Request.URL,
		StatusCode: attributes.Response.HTTPStatusCode, ResponseBody: attributes.Response.Body,
		EventID: from.Relationships.Event.Data.ID,
	}
	for _, resource := range included {
		if resource.ID != delivery.EventID || resource.Type != string(gen.WebhookEventResourceTypeWebhookEvents) {
			continue
		}
		var event gen.WebhookEventAttributes
		_ = json.Unmarshal(resource.Attributes, &event)
		delivery.EventType, delivery.Ping = EventType(event.EventType), event.Ping
		delivery.Payload = []byte(event.Payload)
	}
	return delivery, checkResource(from.Type, gen.WebhookDeliveryTypeWebhookDeliveries, from.ID)
}

func (d Delivery) id() string { return d.ID }
