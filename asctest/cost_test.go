package asctest

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/internal/racetest"
)

// TestManyCallsAllocations: after 4,000 secrets, 50,000 exchanges and 20,000 deliveries a call allocates as much
// as at first, and so does whoever follows the record.
func TestManyCallsAllocations(t *testing.T) {
	if racetest.Enabled {
		t.Skip("the race detector allocates too")
	}
	h := quiet(t, Settings{RateLimit: 1 << 30}, Webhook{ID: "w", AppID: "1", URL: "https://a.example", Secret: "secret-0", Enabled: true})
	rotate := func(i int) {
		if err := h.Update(func(s *State) { s.Webhooks[0].Secret = fmt.Sprintf("secret-%d", i) }); err != nil {
			t.Fatal(err)
		}
	}
	register := func(i int) { // and remove
		w := &MarketplaceWebhook{ID: fmt.Sprintf("m-%d", i), EndpointURL: "https://a.example", Secret: "secret"}
		if err := h.Update(func(s *State) { s.MarketplaceWebhook = w }); err != nil {
			t.Fatal(err)
		}
	}
	deliver := func() {
		d := newDelivery(Webhook{ID: "w", URL: "https://a.example"}, []byte(`{"data":{"id":"x","type":"webhookPingCreated"}}`), time.Now())
		recorded := h.record.addDelivery(d)
		d.State = succeeded
		h.record.finish(recorded, d)
	}
	for i := range 100 {
		rotate(i)
		register(i)
		deliver()
	}
	list := "/v1/webhooks/w/deliveries?limit=10&filter[createdDateGreaterThanOrEqualTo]=" +
		time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	calls := map[string]func(){
		"a list of webhooks":   func() { ask(t, h, "GET", "/v1/apps/1/webhooks", "") },
		"a list of deliveries": func() { ask(t, h, "GET", list, "") },
		"a redelivery": func() {
			ask(t, h, "POST", "/v1/webhookDeliveries", `{"data":{"type":"webhookDeliveries","relationships":{"template":{"data":{"type":"webhookDeliveries","id":"x"}}}}}`)
		},
		"following": func() {
			changes := h.Since(h.Since(math.MaxInt).Number - 3)
			if len(changes.Exchanges)+len(changes.Deliveries) > 3 {
				t.Error("all of it is copied")
			}
		},
	}
	first := map[string]float64{}
	for name, call := range calls {
		first[name] = testing.AllocsPerRun(20, call)
	}
	for i := range 4_000 {
		rotate(100 + i)
		register(100 + i)
	}
	for range 50_000 {
		h.record.addExchange(Exchange{Method: "GET"})
	}
	for range 20_000 {
		deliver()
	}
	for name, call := range calls {
		if got := testing.AllocsPerRun(20, call); got > first[name]*1.05+2 {
			t.Errorf("%s: %v allocations at first, %v after many", name, first[name], got)
		}
	}
	if got := h.State().FormerSecrets; len(got) > maxFormerOf || len(got["w"]) != maxFormer {
		t.Errorf("the former secrets of %d webhooks are kept, %d of one", len(got), len(got["w"]))
	}
}

// TestUpdateAllocations: checking the state does not read the whole document again for each resource.
func TestUpdateAllocations(t *testing.T) {
	if racetest.Enabled {
		t.Skip("the race detector allocates too")
	}
	arm := func(resources int) float64 {
		h := quiet(t)
		return testing.AllocsPerRun(20, func() {
			err := h.Update(func(s *State) {
				s.Faults, s.Resources = []Fault{{Status: 503, Optional: true}}, nil
				for i := range resources {
					s.Resources = append(s.Resources, Resource{Type: "builds", ID: fmt.Sprint(i)})
				}
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
	if none, hundred := arm(0), arm(100); none > 50 || hundred > 100*23 {
		t.Errorf("%v allocations without resources, %v with 100", none, hundred)
	}
}
