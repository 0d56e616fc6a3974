package wrapper_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// listed is a delivery as App Store Connect lists it. Times are minutes from
// the start of the test, which is when synctest's clock starts.
type listed struct {
	id, event string
	minute    float64
	state     wrapper.DeliveryState
	ping      bool
}

// list is one page of deliveries; next is the query of the following one.
func list(start time.Time, deliveries []listed, next string) string {
	type object = map[string]any
	var data, included []object
	for _, d := range deliveries {
		created := start.Add(time.Duration(d.minute * float64(time.Minute))).UTC().Format("2006-01-02T15:04:05.000Z")
		data = append(data, object{
			"type": "webhookDeliveries", "id": d.id,
			"attributes":    object{"createdDate": created, "deliveryState": d.state},
			"relationships": object{"event": object{"data": object{"type": "webhookEvents", "id": d.event}}},
		})
		included = append(included, object{
			"type": "webhookEvents", "id": d.event, "attributes": object{"payload": "payload of " + d.event, "ping": d.ping},
		})
	}
	links := object{"self": "https://api.example/"}
	if next != "" {
		links["next"] = "https://other.example/?" + next
	}
	text, err := json.Marshal(object{"data": append([]object{}, data...), "included": included, "links": links})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// TestDeliveries: the creation date is always sent, states never.
func TestDeliveries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		client, sent := scripted(t, always(200, list(start, []listed{
			{"d1", "e1", -60, wrapper.DeliverySucceeded, false},
			{"d2", "e2", -30, wrapper.DeliveryFailed, false},
			{"d3", "e3", -10.005, wrapper.DeliveryFailed, false},
		}, "")))
		filter := wrapper.DeliveryFilter{
			States: []wrapper.DeliveryState{wrapper.DeliveryFailed},
			Since:  start.Add(-time.Hour), Before: start.Add(-601 * time.Second),
		}
		var got []string
		for delivery, err := range client.Webhooks.Deliveries(t.Context(), webhookID, filter) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%s %s %s", delivery.ID, delivery.EventID, delivery.Payload))
		}
		if want := []string{"d2 e2 payload of e2"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		u, err := url.Parse((*sent)[0].URL)
		if err != nil {
			t.Fatal(err)
		}
		want := url.Values{
			"filter[createdDateGreaterThanOrEqualTo]": {"1999-12-31T23:00:00Z"},
			"include": {"event"},
			"limit":   {"200"},
		}
		if u.Query().Encode() != want.Encode() {
			t.Errorf("got  %v\nwant %v", u.Query(), want)
		}
	})
}

// TestDeliveriesSince: what can be listed, and what is refused.
func TestDeliveriesSince(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		client, sent := scripted(t, always(200, list(now, nil, "")))
		const day = 24 * time.Hour
		_ = firstError(client.Webhooks.Deliveries(t.Context(), webhookID, wrapper.DeliveryFilter{})) // tells the time
		for name, test := range map[string]struct {
			filter wrapper.DeliveryFilter
			want   string
		}{
			"all":          {wrapper.DeliveryFilter{}, ""},
			"ten days":     {wrapper.DeliveryFilter{Since: now.Add(-10 * day)}, ""},
			"too old":      {wrapper.DeliveryFilter{Since: now.Add(-11 * day)}, "from 1999-12-21T00:00:00Z to 1999-12-22T00:00:00Z can no longer"},
			"nothing left": {wrapper.DeliveryFilter{Since: now.Add(-day), Before: now.Add(-day)}, "before is not after since"},
		} {
			*sent = nil
			var got error
			for _, err := range client.Webhooks.Deliveries(t.Context(), webhookID, test.filter) {
				got = err
			}
			if test.want == "" && (got != nil || len(*sent) != 1) {
				t.Errorf("%s: %v", name, got)
			}
			refused := errors.Is(got, wrapper.ErrInvalid) || errors.Is(got, wrapper.ErrNotListed)
			if test.want != "" && (!refused || !strings.Contains(got.Error(), test.want) || len(*sent) != 0) {
				t.Errorf("%s: got %v, want %s", name, got, test.want)
			}
		}
	})
}

// TestDeliveryWithoutItsEvent: it is yielded as it is.
func TestDeliveryWithoutItsEvent(t *testing.T) {
	client, _ := scripted(t, always(200, `{"data":[{"type":"webhookDeliveries","id":"d"}],"links":{"self":""}}`))
	for delivery, err := range client.Webhooks.Deliveries(t.Context(), webhookID, wrapper.DeliveryFilter{}) {
		if err != nil || delivery.ID != "d" || delivery.Payload != nil {
			t.Errorf("got %+v, %v", delivery, err)
		}
	}
}
