package asctest_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/notification"
)

func ExampleHandler_Register() {
	h, _ := asctest.New(asctest.WithApp("6478000001"))
	err := h.Register(func(r asctest.Registered) (asctest.Registered, error) {
		r.Webhooks = append(r.Webhooks, asctest.Webhook{AppID: r.Apps[0], URL: "https://ci.example/hook"})
		return r, nil
	})
	fmt.Println(len(h.Registered().Webhooks), err)
	h.Reset()
	fmt.Println(len(h.Registered().Webhooks), h.Apps())
	// Output:
	// 1 <nil>
	// 0 [6478000001]
}

func ExampleHandler_Faults() {
	h, _ := asctest.New()
	h.FailNext(asctest.Fault{Operation: asctest.MarketplaceWebhooksCreate, Status: http.StatusServiceUnavailable})
	for _, f := range h.Faults() {
		fmt.Println(f.Operation, f.Status, f.Times)
	}
	// Output: marketplaceWebhooks_createInstance 503 1
}

func TestRegisterThatFailsChangesNothing(t *testing.T) {
	h, err := asctest.New(asctest.WithApp("1"))
	if err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	err = h.Register(func(r asctest.Registered) (asctest.Registered, error) {
		r.Apps[0] = "2"
		return r, refused
	})
	if !errors.Is(err, refused) || h.Apps()[0] != "1" {
		t.Errorf("got %v, apps %q", err, h.Apps())
	}
}

func TestResetForgetsButGoesOnCounting(t *testing.T) {
	c := newCaller(t)
	c.create()
	c.server.FailNext(asctest.Fault{Times: -1})
	before := c.server.Exchanges()
	c.server.Reset()
	if _, there := c.server.MarketplaceWebhook(); there || len(c.server.Exchanges()) > 0 || len(c.server.Faults()) > 0 {
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
	if later := c.server.ExchangesAfter(all[0].ID); len(later) != 1 || later[0].ID != all[1].ID {
		t.Errorf("%d requests after the first", len(later))
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

func TestOperationsAreThoseThatAreOffered(t *testing.T) {
	c := newCaller(t)
	offered := map[asctest.Operation]bool{}
	for _, operation := range asctest.Operations() {
		offered[operation] = true
	}
	c.create()
	c.call("GET", collection, "")
	for _, r := range c.server.Exchanges() {
		if !offered[r.Operation] {
			t.Errorf("%s is not listed", r.Operation)
		}
	}
}
