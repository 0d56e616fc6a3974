package gen_test

import (
	"encoding/json"
	"testing"

	"github.com/ascmarketplace/webhooks/gen"
)

func TestRequestBodies(t *testing.T) {
	t.Parallel()
	var create gen.WebhookCreateRequest
	create.Data.Type = gen.WebhookCreateRequestDataTypeWebhooks
	create.Data.Attributes = gen.WebhookCreateRequestAttributes{
		EventTypes: []gen.WebhookEventType{gen.WebhookEventTypeBUILDUPLOADSTATEUPDATED}, Name: "n", Secret: "s", URL: "u",
	}
	create.Data.Relationships.App.Data.Type = gen.WebhookCreateRequestDataRelationshipsAppDataTypeApps
	create.Data.Relationships.App.Data.ID = "1"

	update := func(attributes gen.WebhookUpdateRequestAttributes) gen.WebhookUpdateRequest {
		return gen.WebhookUpdateRequest{Data: gen.WebhookUpdateRequestData{
			ID: "7", Type: gen.WebhookUpdateRequestDataTypeWebhooks, Attributes: attributes,
		}}
	}
	disabled := false

	for _, test := range []struct {
		name string
		body any
		want string
	}{
		{"create, disabled", create, `{"data":{"attributes":{"enabled":false,"eventTypes":["BUILD_UPLOAD_STATE_UPDATED"],` +
			`"name":"n","secret":"s","url":"u"},"relationships":{"app":{"data":{"id":"1","type":"apps"}}},"type":"webhooks"}}`},
		{"update of nothing", update(gen.WebhookUpdateRequestAttributes{}), `{"data":{"id":"7","type":"webhooks"}}`},
		{"update that disables", update(gen.WebhookUpdateRequestAttributes{Enabled: &disabled}),
			`{"data":{"attributes":{"enabled":false},"id":"7","type":"webhooks"}}`},
		{"update of the name", update(gen.WebhookUpdateRequestAttributes{Name: "n"}),
			`{"data":{"attributes":{"name":"n"},"id":"7","type":"webhooks"}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := json.Marshal(test.body)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestDeliveriesIncludeTypedEvents(t *testing.T) {
	t.Parallel()
	const body = `{"data":[{"type":"webhookDeliveries","id":"d",
		"relationships":{"event":{"data":{"type":"webhookEvents","id":"e"}}}}],
		"included":[{"type":"webhookEvents","id":"e","attributes":{"eventType":"BUILD_UPLOAD_STATE_UPDATED","payload":"{}"}}],
		"links":{"self":""}}`
	var page gen.WebhookDeliveriesResponse
	if err := json.Unmarshal([]byte(body), &page); err != nil {
		t.Fatal(err)
	}
	if got := page.Data[0].Relationships.Event.Data.ID; got != page.Included[0].ID {
		t.Errorf("the event of the delivery is %q, the included one %q", got, page.Included[0].ID)
	}
	got := page.Included[0].Attributes
	if got.EventType != gen.WebhookEventTypeBUILDUPLOADSTATEUPDATED || got.Payload != "{}" {
		t.Errorf("got %+v", got)
	}
}

func TestIncludedItemsOfAPackageVersionStayRaw(t *testing.T) {
	t.Parallel()
	const body = `{"data":{"type":"alternativeDistributionPackageVersions","id":"v"},"links":{"self":""},
		"included":[{"type":"alternativeDistributionPackageVariants","id":"a"},{"type":"somethingNew"}]}`
	var response gen.AlternativeDistributionPackageVersionResponse
	if err := json.Unmarshal([]byte(body), &response); err != nil {
		t.Fatal(err)
	}
	if got, want := string(response.Included[1]), `{"type":"somethingNew"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
