package asctest_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
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
	if after := h.State(); after.Apps[0] == "x" || after.Webhooks[0].EventTypes[0] == "x" ||
		after.MarketplaceWebhook.Secret == "x" {
		t.Errorf("changed: %+v", after)
	}
}

// TestFormerSecretsCantBeSet, neither at the beginning nor later.
func TestFormerSecretsCantBeSet(t *testing.T) {
	set := map[string][]string{"w": {"old"}}
	register := func(secret string) func(*asctest.State) {
		w := &asctest.MarketplaceWebhook{ID: "m", EndpointURL: "https://e.com", Secret: secret}
		return func(s *asctest.State) { s.MarketplaceWebhook = w }
	}
	h, err := asctest.New(asctest.State{FormerSecrets: set})
	if err != nil {
		t.Fatal(err)
	}
	setAll := func(s *asctest.State) { s.FormerSecrets = set }
	setOne := func(s *asctest.State) { s.FormerSecrets["w"] = set["w"] }
	for _, change := range []func(*asctest.State){register("first"), setAll, register("second"), setOne} {
		if err := h.Update(change); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.State().FormerSecrets; len(got) != 1 || !slices.Equal(got["m"], []string{"first"}) {
		t.Errorf("got %v", got)
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
	if _, there := c.server.MarketplaceWebhook(); there || len(c.server.Exchanges()) > 0 ||
		len(c.server.State().Faults) > 0 {
		t.Error("Reset left something behind")
	}
	c.create()
	after := c.server.Exchanges()
	if len(after) != 1 || after[0].ID <= before[len(before)-1].ID {
		t.Errorf("request %d after %d", after[0].ID, before[len(before)-1].ID)
	}
}

func TestSeededState(t *testing.T) {
	t.Parallel()
	c := newCaller(t, asctest.MarketplaceWebhook{ID: "7", EndpointURL: "https://e.com", Secret: "s"})
	if got := c.call("DELETE", collection+"/%37", ""); got.StatusCode != http.StatusNoContent {
		t.Errorf("delete: %d %s", got.StatusCode, got.body)
	}
	_ = c.server.Update(func(s *asctest.State) {
		s.MarketplaceWebhook = new(asctest.MarketplaceWebhook{EndpointURL: "HTTPS://e.com"})
	})
	if w, ok := c.server.MarketplaceWebhook(); !ok || len(w.ID) != 36 {
		t.Errorf("set: %+v %v", w, ok)
	}
	_ = c.server.Update(func(s *asctest.State) { s.MarketplaceWebhook = nil })
	if w, ok := c.server.MarketplaceWebhook(); ok {
		t.Errorf("removed: %+v", w)
	}
}
