package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
)

// TestMigrateSkipCheck posts nothing from here; App Store Connect's own ping
// still decides about the old webhook.
func TestMigrateSkipCheck(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		want   string
	}{
		"slow":     {0, "not delivered yet"},
		"refused":  {http.StatusUnauthorized, "the receiver responded 401 Unauthorized"},
		"accepted": {http.StatusOK, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var posted atomic.Int32
			release := make(chan struct{})
			receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				switch {
				case posted.Add(1) == 1:
					return // an earlier ping, which says nothing of today
				case test.status == 0:
					<-release
				default:
					w.WriteHeader(test.status)
				}
			}))
			defer receiver.Close()
			defer close(release)
			server := inUse(t, receiver.URL)
			_ = server.Update(func(s *asctest.State) { s.Webhooks[0].Enabled = true })
			succeed(t, "webhooks", "ping", "all")
			server.Wait()
			code, _, stderr := migrate(t, receiver.URL, "--skip-check", "--finish", "--yes", "--timeout", "100ms")
			if (code == exitOK) != (test.want == "") || !strings.Contains(stderr, test.want) {
				t.Errorf("exit code %d, stderr %s", code, stderr)
			}
			if _, there := server.MarketplaceWebhook(); there != (test.want != "") {
				t.Errorf("the old webhook is there: %v", there)
			}
			if from := listedFrom(t, server); time.Since(from) > time.Hour {
				t.Errorf("while it waits it lists deliveries from %v on, though all before the ping are known", from)
			}
			if n := posted.Load(); n != 2 {
				t.Errorf("%d posts, want App Store Connect's pings alone", n)
			}
		})
	}
}

// listedFrom is the time from which deliveries were listed last.
func listedFrom(t *testing.T, server *asctest.Server) (from time.Time) {
	t.Helper()
	for _, x := range server.Exchanges() {
		if x.Operation != asctest.WebhooksDeliveries {
			continue
		}
		query, err := url.ParseQuery(x.Query)
		if err == nil {
			from, err = time.Parse(time.RFC3339, query.Get("filter[createdDateGreaterThanOrEqualTo]"))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return from
}
