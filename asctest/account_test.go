package asctest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/notification"
)

func TestUpdateThatFailsChangesNothing(t *testing.T) {
	h, err := asctest.New(asctest.WithApp("1"))
	if err != nil {
		t.Fatal(err)
	}
	err = h.Update(func(s *asctest.State) {
		s.Apps[0] = "2"
		s.Webhooks = append(s.Webhooks, asctest.Webhook{AppID: "1", URL: "https://ci.example/hook"})
	})
	if err == nil || err.Error() != "asctest: webhooks[0].app_id: must be one of apps" || h.State().Apps[0] != "1" {
		t.Errorf("got %v, apps %q", err, h.State().Apps)
	}
}

// TestStateIsACopy: what is done to it changes nothing.
func TestStateIsACopy(t *testing.T) {
	h, err := asctest.New(asctest.Webhook{ID: "w", AppID: "1", URL: "https://e.com", EventTypes: []string{"BUILD_UPLOAD_STATE_UPDATED"}},
		asctest.MarketplaceWebhook{EndpointURL: "https://e.com"})
	if err != nil {
		t.Fatal(err)
	}
	s := h.State()
	s.Apps[0], s.Webhooks[0].EventTypes[0], s.MarketplaceWebhook.Secret = "x", "x", "x"
	if after := h.State(); after.Apps[0] == "x" || after.Webhooks[0].EventTypes[0] == "x" || after.MarketplaceWebhook.Secret == "x" {
		t.Errorf("changed: %+v", after)
	}
}

// TestFormerSecretsAreKept, whether a call or a test has replaced them.
func TestFormerSecretsAreKept(t *testing.T) {
	c := newCaller(t)
	id := c.create()
	c.call("PATCH", collection+"/"+id, `{"data":{"type":"marketplaceWebhooks","id":"`+id+`","attributes":{"secret":"second"}}}`)
	_ = c.server.Update(func(s *asctest.State) { s.MarketplaceWebhook = nil })
	if got := c.server.State().FormerSecrets[id]; len(got) != 2 || got[1] != "second" {
		t.Errorf("got %q", got)
	}
}

func TestResetForgetsButGoesOnCounting(t *testing.T) {
	c := newCaller(t)
	c.create()
	c.server.FailNext(asctest.Fault{Times: -1})
	before := c.server.Exchanges()
	c.server.Reset()
	if _, there := c.server.MarketplaceWebhook(); there || len(c.server.Exchanges()) > 0 || len(c.server.State().Faults) > 0 {
		t.Error("Reset left something behind")
	}
	c.create()
	after := c.server.Exchanges()
	if len(after) != 1 || after[0].ID <= before[len(before)-1].ID {
		t.Errorf("request %d after %d", after[0].ID, before[len(before)-1].ID)
	}
}

func TestRequestsTellTheirResponse(t *testing.T) {
	c := newCaller(t)
	c.create()
	c.call("POST", collection, `{"data":{"type":"marketplaceWebhooks","attributes":{}}}`)
	all := c.server.Exchanges()
	if first := all[0]; !strings.Contains(string(first.ResponseBody), `"endpointUrl"`) || first.ResponseHeader.Get("Location") == "" {
		t.Errorf("response %s, %v", first.ResponseBody, first.ResponseHeader)
	}
	if said := strings.Join(all[1].Violations, "\n"); !strings.Contains(said, "/data/attributes/endpointUrl: ") {
		t.Errorf("violations %s", said)
	}
}

func TestNotifyPingsEveryEnabledWebhook(t *testing.T) {
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer receiver.Close()
	server := asctest.NewServer(t, asctest.Webhook{AppID: "1", URL: receiver.URL, Enabled: true})
	status, err := server.Notify(t.Context(), &notification.WebhookPingCreated{})
	deliveries := server.Deliveries("")
	if status != http.StatusOK || err != nil || len(deliveries) != 1 || !deliveries[0].Ping || deliveries[0].EventType != "" {
		t.Errorf("got %d, %v, %+v", status, err, deliveries)
	}
}
