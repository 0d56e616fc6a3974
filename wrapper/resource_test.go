package wrapper_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestArrayResponses: an array of one is good, of none or two is odd.
func TestArrayResponses(t *testing.T) {
	for n := range 3 {
		body := `{"data":[` + strings.TrimSuffix(strings.Repeat(resource+",", n), ",") + `]}`
		_, err := cannedClient(t, newCanned(201, body)).MarketplaceWebhooks.Create(t.Context(), params(endpointURL, "s"))
		if (err == nil) != (n == 1) {
			t.Errorf("%d: got %v", n, err)
		}
		if err != nil && (!is[*wrapper.OutcomeUnknownError](err) || !is[*wrapper.UnexpectedResponseError](err)) {
			t.Errorf("%d: got %v, want it unexpected and unknown", n, err)
		}
	}
}

// TestArraysOfOneEverywhere: what one resource's examples show, the others may get, too.
func TestArraysOfOneEverywhere(t *testing.T) {
	client, _ := scripted(t, always(200, `{"data":[`+webhookResource+`]}`))
	if got, err := client.Webhooks.Get(t.Context(), webhookID); err != nil || got.ID != webhookID {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestOddIncluded: what comes with a resource costs nothing but itself.
func TestOddIncluded(t *testing.T) {
	const delivery = `{"type":"webhookDeliveries","id":"d","relationships":{"event":{"data":{"type":"webhookEvents","id":"e"}}}}`
	for included, payload := range map[string]string{
		`null`: "", `{}`: "", `5`: "", `[5]`: "", `[{"type":"webhookEvents","id":"e","attributes":{"payload":5}}]`: "",
		`[{"type":5,"id":"e"},{"type":"webhookEvents","id":"e","attributes":{"payload":"p"}}]`: "p",
	} {
		client, _ := scripted(t, func(_ int, sent sentRequest) (int, string) {
			if sent.Method == http.MethodPost {
				return 201, `{"data":` + delivery + `,"included":` + included + `}`
			}
			return 200, `{"data":` + webhookResource + `,"included":` + included + `}`
		})
		if got, err := client.Webhooks.Redeliver(t.Context(), "d"); err != nil || string(got.Payload) != payload {
			t.Errorf("%s: got %+v, %v, want the payload %q", included, got, err, payload)
		}
		if _, err := client.Webhooks.Get(t.Context(), webhookID); err != nil {
			t.Errorf("%s: %v", included, err)
		}
	}
}

// TestNullResources: null where a resource should be is an invalid response.
func TestNullResources(t *testing.T) {
	for _, body := range []string{`{"data":null}`, `{"data":[null]}`, `{}`, `null`} {
		client := cannedClient(t, newCanned(200, body), quick)
		if _, err := client.MarketplaceWebhooks.List(t.Context()); !is[*wrapper.UnexpectedResponseError](err) {
			t.Errorf("list, %s: got %v", body, err)
		}
		if _, err := client.Webhooks.Get(t.Context(), webhookID); !is[*wrapper.UnexpectedResponseError](err) {
			t.Errorf("get, %s: got %v", body, err)
		}
	}
}

// TestTwoWebhooks: Get does not choose among several.
func TestTwoWebhooks(t *testing.T) {
	client := cannedClient(t, newCanned(200, `{"data":[`+resource+`,`+resource+`]}`), quick)
	if _, err := client.MarketplaceWebhooks.Get(t.Context()); !is[*wrapper.UnexpectedResponseError](err) {
		t.Errorf("%v", err)
	}
}

// TestUpdateReturnsAnotherWebhook: nobody knows what was changed then.
func TestUpdateReturnsAnotherWebhook(t *testing.T) {
	const other = `{"type":"marketplaceWebhooks","id":"other","attributes":{"endpointUrl":"https://x.example"}}`
	client := cannedClient(t, newCanned(200, `{"data":`+other+`}`), quick)
	got, err := client.MarketplaceWebhooks.Update(t.Context(), "mine", params(endpointURL, ""))
	if !is[*wrapper.UnexpectedResponseError](err) {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestIDsAgreeInAnyCase: the response to a call that names an id has that id as
// App Store Connect writes it, and with no other.
func TestIDsAgreeInAnyCase(t *testing.T) {
	for id, agrees := range map[string]bool{
		"c74970b8-6be0-40fa-8f51-8e1532005635": true, "C74970B8-6BE0-40FA-8F51-8E1532005635": true, "another": false,
	} {
		for kind, call := range map[string]func(*wrapper.Client) error{
			"marketplaceWebhooks": func(c *wrapper.Client) error {
				_, err := c.MarketplaceWebhooks.Update(t.Context(), id, params("", "s"))
				return err
			},
			"webhooks": func(c *wrapper.Client) error {
				_, err := c.Webhooks.Get(t.Context(), id)
				return err
			},
			"alternativeDistributionPackageVersions": func(c *wrapper.Client) error {
				_, err := c.PackageVersions.Get(t.Context(), id)
				return err
			},
		} {
			const body = `{"data":{"type":"%s","id":"c74970b8-6be0-40fa-8f51-8e1532005635"}}`
			err := call(cannedClient(t, newCanned(200, fmt.Sprintf(body, kind)), quick))
			if (err == nil) != agrees {
				t.Errorf("%s %s: got %v, want success %v", kind, id, err, agrees)
			}
		}
	}
}

// TestEveryIDThatIsReturnedIsAccepted: what Get returns, Update and Delete
// take; what they refuse, Get calls unexpected.
func TestEveryIDThatIsReturnedIsAccepted(t *testing.T) {
	for _, id := range []string{
		"1", "a-b", "a_b.c~d", "a:b", "a;b", "a@b", "a b", "..", ".", "a/b", "a?b", "a#b", "%2e", `a\\b`, "é", "", "a\u0001",
		strings.Repeat("a", 256), strings.Repeat("a", 257),
	} {
		one := `{"type":"marketplaceWebhooks","id":` + quote(id) + `,"attributes":{"endpointUrl":"https://x.example"}}`
		got, err := cannedClient(t, newCanned(200, `{"data":[`+one+`]}`), quick).MarketplaceWebhooks.Get(t.Context())
		_, updateErr := cannedClient(t, newCanned(200, `{"data":`+one+`}`), quick).
			MarketplaceWebhooks.Update(t.Context(), id, params("", "s"))
		if refused := errors.Is(updateErr, wrapper.ErrInvalid); (err == nil) == refused {
			t.Errorf("%q: Get returned %+v, %v, and Update %v", id, got, err, updateErr)
		}
	}
}

// TestWebhookIsDecoded: an event type that has no constant is read as it is.
func TestWebhookIsDecoded(t *testing.T) {
	client, _ := scripted(t, always(200, oneWebhook))
	got, err := client.Webhooks.Get(t.Context(), webhookID)
	if err != nil {
		t.Fatal(err)
	}
	want := wrapper.Webhook{
		ID: webhookID, Name: "ours", URL: "https://marketplace.example/n", Enabled: true, AppID: appID,
		EventTypes: []wrapper.EventType{wrapper.EventBuildUploadStateUpdated, "ADDED_LATER"},
	}
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
