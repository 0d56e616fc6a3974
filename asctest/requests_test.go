package asctest_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/ascmarketplace/webhooks/asctest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRequestsAreRecorded(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	c := newCaller(t, asctest.Settings{Logger: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	c.create()
	c.call("GET", collection+"?limit=3", "")
	c.server.FailNext(asctest.Fault{Kind: asctest.FaultResetBeforeHeaders})
	_, _, _, _ = c.fetch("PUT", collection, "")

	requests := c.server.Exchanges()
	var got []string
	for _, r := range requests {
		got = append(got, fmt.Sprintf("%s %s?%s %s %d %d %s", r.Method, r.Path, r.Query, r.Operation, len(r.Body), r.Status, r.Reason))
		if r.Header.Get("Authorization") != "" || r.Header.Get("User-Agent") == "" || r.KeyID != c.server.Key().ID || r.Time.IsZero() {
			t.Errorf("headers %v, key %s, time %v", r.Header, r.KeyID, r.Time)
		}
	}
	want := []string{
		fmt.Sprintf("POST /v1/marketplaceWebhooks? marketplaceWebhooks_createInstance %d 201 ", len(createBody)),
		"GET /v1/marketplaceWebhooks?limit=3 marketplaceWebhooks_getCollection 0 200 ",
		"PUT /v1/marketplaceWebhooks?  0 0 fault: reset before headers",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if strings.Count(log.String(), `"level":"DEBUG"`) != 3 || strings.Contains(log.String(), "canary") || strings.Contains(log.String(), "Bearer") {
		t.Errorf("log: %s", log.String())
	}
}

func TestFaultsCountAndChooseTheirCalls(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	c.server.FailNext(
		asctest.Fault{Operation: asctest.MarketplaceWebhooksList, Times: 2, Status: 503},
		asctest.Fault{Operation: asctest.MarketplaceWebhooksCreate, Header: http.Header{"Date": nil, "X-Rate-Limit": nil, "retry-after": {"7"}}},
		asctest.Fault{Times: -1, Status: 418},
	)
	statuses := []int{
		c.call("GET", collection, "").StatusCode, c.call("GET", collection, "").StatusCode, c.call("GET", collection, "").StatusCode,
	}
	created := c.call("POST", collection, createBody)
	statuses = append(statuses, created.StatusCode, c.call("PUT", "/", "").StatusCode)
	_ = c.server.Update(func(s *asctest.State) { s.Faults = nil })
	statuses = append(statuses, c.call("GET", collection, "").StatusCode)
	if got := fmt.Sprint(statuses); got != "[503 503 418 500 418 200]" {
		t.Errorf("statuses %s", got)
	}
	if h := created.Header; h.Get("Date") != "" || h.Get("X-Rate-Limit") != "" || h.Get("Retry-After") != "7" {
		t.Errorf("headers %v", h)
	}
}

func TestManyCallersAndRandomFaults(t *testing.T) {
	t.Parallel()
	kinds := asctest.FaultKinds()
	var asked atomic.Int64
	c := newCaller(t, asctest.Settings{RateLimit: 1 << 20, Faults: func(r asctest.Exchange) *asctest.Fault {
		asked.Add(1)
		if r.Operation != asctest.MarketplaceWebhooksList || rand.IntN(5) > 0 {
			return nil
		}
		return &asctest.Fault{Kind: kinds[rand.IntN(len(kinds))]}
	}})
	c.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	id := c.create()
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for range 20 {
				_, _, _, _ = c.fetch("GET", collection, "")
				body := fmt.Sprintf(`{"data":{"type":"marketplaceWebhooks","id":"%s","attributes":{"endpointUrl":"https://example.com/%d"}}}`, id, worker)
				if got := c.call("PATCH", collection+"/"+id, body); got.StatusCode != http.StatusOK || !strings.Contains(got.body, fmt.Sprintf("example.com/%d", worker)) {
					t.Errorf("worker %d: %d %s", worker, got.StatusCode, got.body)
				}
			}
		})
	}
	wg.Wait()
	// net/http may send a GET again when a kept connection is reset.
	if n := len(c.server.Exchanges()); n < 321 || int64(n) != asked.Load() {
		t.Errorf("%d recorded, %d asked for a fault", n, asked.Load())
	}
}

func TestArrayAnswers(t *testing.T) {
	t.Parallel()
	c := newCaller(t, asctest.Settings{ArrayResponses: true})
	got := c.call("POST", collection, createBody)
	w, _ := c.server.MarketplaceWebhook()
	self := c.server.URL + collection
	want := `{"data":[{"type":"marketplaceWebhooks","id":"` + w.ID + `","attributes":{"endpointUrl":"https://example.com/in"},"links":{"self":"` +
		self + "/" + w.ID + `"}}],"links":{"self":"` + self + `"},"meta":{"paging":{"total":1,"limit":50}}}`
	if got.body != want || got.Header.Get("Location") != self+"/"+w.ID {
		t.Errorf("got %s, Location %s\nwant %s", got.body, got.Header.Get("Location"), want)
	}
}

func TestSeededState(t *testing.T) {
	t.Parallel()
	c := newCaller(t, asctest.MarketplaceWebhook{ID: "7", EndpointURL: "https://e.com", Secret: "s"})
	if got := c.call("DELETE", collection+"/%37", ""); got.StatusCode != http.StatusNoContent {
		t.Errorf("delete: %d %s", got.StatusCode, got.body)
	}
	_ = c.server.Update(func(s *asctest.State) {
		s.MarketplaceWebhook = new(asctest.MarketplaceWebhook{EndpointURL: "https://e.com"})
	})
	if w, ok := c.server.MarketplaceWebhook(); !ok || len(w.ID) != 36 {
		t.Errorf("set: %+v %v", w, ok)
	}
	_ = c.server.Update(func(s *asctest.State) { s.MarketplaceWebhook = nil })
	if w, ok := c.server.MarketplaceWebhook(); ok {
		t.Errorf("removed: %+v", w)
	}
}
