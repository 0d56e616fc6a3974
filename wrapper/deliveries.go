package wrapper

import (
	"cmp"
	"context"
	"encoding/json"
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
	// CreatedDate is when App Store Connect decided to post, SentDate when it did.
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
	// That it is the posted body byte for byte is assumed.
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
	// Since is the earliest CreatedDate, less than ten days ago: the live
	// service was seen to refuse an older one, and none at all. Zero: ten days
	// ago less an hour.
	Since time.Time
	// Before excludes CreatedDates from here on. Zero: no bound.
	Before time.Time
}

const (
	deliveriesKept   = 10 * 24 * time.Hour
	deliveriesMargin = time.Hour
)

// withDefaults checks f and fills in Since.
func (f DeliveryFilter) withDefaults(now time.Time) (DeliveryFilter, error) {
	oldest := now.Add(-deliveriesKept)
	switch {
	case f.Since.IsZero():
		f.Since = oldest.Add(deliveriesMargin)
	case f.Since.Before(oldest):
		return f, invalid(fmt.Sprintf("since is over ten days ago; deliveries created from %s to %s can no longer be listed",
			formatDate(f.Since), formatDate(oldest)))
	}
	if !f.Before.IsZero() && !f.Before.After(f.Since) {
		return f, invalid("before is not after since; no delivery lies between them")
	}
	return f, nil
}

// includes compares what App Store Connect may not: states, and dates below the
// second, which formatDate leaves out.
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
		filter, err := filter.withDefaults(time.Now())
		if err = cmp.Or(checkID(id), err); err != nil {
			yield(Delivery{}, err)
			return
		}
		for delivery, err := range s.listDeliveries(ctx, id, filter) {
			if (err != nil || filter.includes(delivery)) && !yield(delivery, err) {
				return
			}
		}
	}
}

func (s *Webhooks) listDeliveries(ctx context.Context, id string, filter DeliveryFilter) iter.Seq2[Delivery, error] {
	params := &gen.WebhooksDeliveriesGetToManyRelatedParams{
		FilterCreatedDateGreaterThanOrEqualTo: []string{formatDate(filter.Since)},
		Include: []gen.WebhooksDeliveriesGetToManyRelatedParamsInclude{
			gen.WebhooksDeliveriesGetToManyRelatedParamsIncludeEvent,
		},
		Limit: maxPage,
	}
	if !filter.Before.IsZero() {
		params.FilterCreatedDateLessThan = []string{formatDate(filter.Before.Add(time.Second))}
	}
	return pages[Delivery](func(query string) ([]*Delivery, string, error) {
		call := s.c.call(operation{id: "webhooks_deliveries_getToManyRelated", query: query})
		deliveries := list(call, newDelivery)
		return deliveries.page(call.WebhooksDeliveriesGetToManyRelated(ctx, id, params))
	}).all
}

// Redeliver asks App Store Connect to post the event of a delivery once more,
// and returns the new delivery. If the response is lost, it returns an
// *OutcomeUnknownError and does not try again. That the event keeps its id,
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
		CreatedDate: attributes.CreatedDate, SentDate: attributes.SentDate,
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
