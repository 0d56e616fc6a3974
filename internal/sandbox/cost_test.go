package sandbox_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/racetest"
)

const tabs = 8

// tab tells when it has shown something.
type tab struct {
	*httptest.ResponseRecorder
	ctx     context.Context
	flushed chan struct{}
}

func (t *tab) Flush() {
	select {
	case t.flushed <- struct{}{}:
	case <-t.ctx.Done():
	}
}

// TestManyCallsAllocations: after 4,000 secrets and 3,000 exchanges each call allocates as much as at first, and
// so do eight tabs that follow.
func TestManyCallsAllocations(t *testing.T) {
	if racetest.Enabled {
		t.Skip("the race detector allocates too")
	}
	s := start(t, asctest.WithApp("1"), asctest.Webhook{ID: "w", AppID: "1", URL: "http://127.0.0.1:1", Secret: "secret 0"})
	serve := func(handler http.Handler, method, path string) func() {
		return func() {
			r := httptest.NewRequest(method, path, nil)
			r.Host = "localhost"
			handler.ServeHTTP(httptest.NewRecorder(), r)
		}
	}
	call := serve(s.box.AppStoreConnect, "GET", "/v1/marketplaceWebhooks")
	rotate := func(i int) {
		if err := s.box.Fake.Update(func(state *asctest.State) { state.Webhooks[0].Secret = fmt.Sprintf("secret %d", i) }); err != nil {
			t.Fatal(err)
		}
		id := fmt.Sprintf("m%d", i)
		if err := s.box.Fake.Update(func(state *asctest.State) {
			state.MarketplaceWebhook = &asctest.MarketplaceWebhook{ID: id, EndpointURL: "http://127.0.0.1:1", Secret: "marketplace " + id}
		}); err != nil {
			t.Fatal(err)
		}
	}
	many := func(secrets, exchanges int) {
		for i := range secrets {
			rotate(i)
		}
		for range exchanges {
			call()
		}
	}
	costs := map[string]func(){
		"a call of App Store Connect": call,
		"exchanges":                   serve(s.box, "GET", "/exchanges?limit=10"),
		"filtered exchanges":          serve(s.box, "GET", "/exchanges?limit=10&status=4xx&path=/v1"),
		"state":                       serve(s.box, "GET", "/state"),
		"faults":                      serve(s.box, "GET", "/faults"),
	}
	measure := func() map[string]float64 {
		got := map[string]float64{}
		for name, cost := range costs {
			got[name] = testing.AllocsPerRun(20, cost)
		}
		ctx, end := context.WithCancel(t.Context())
		defer end()
		flushed := make(chan struct{})
		shown := func() {
			for range tabs {
				<-flushed
			}
		}
		for range tabs {
			r := httptest.NewRequestWithContext(ctx, "GET", "/events", nil)
			r.Host = "localhost"
			go s.box.ServeHTTP(&tab{httptest.NewRecorder(), ctx, flushed}, r)
		}
		shown()
		got["a call that eight tabs show"] = testing.AllocsPerRun(20, func() { call(); shown() })
		return got
	}
	many(150, 200)
	first := measure()
	many(4_000, 3_000) // and 50,000 in the test of asctest
	for name, got := range measure() {
		if got > first[name]*1.1+5 || name == "state" && got > 500 {
			t.Errorf("%s: %v allocations at first, %v after many", name, first[name], got)
		}
		t.Logf("%s: %v allocations at first, %v after many", name, first[name], got)
	}
}
