package wrapper_test

import (
	"errors"
	"fmt"
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
