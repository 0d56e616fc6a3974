package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/wrapper"
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

func TestFailure(t *testing.T) {
	for want, d := range map[string]wrapper.Delivery{
		"the receiver responded 401 Unauthorized": {StatusCode: http.StatusUnauthorized, ErrorMessage: "status"},
		"no route":           {ErrorMessage: "no\nroute"},
		"no reason is given": {},
	} {
		if got := failure(d); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestMigratePingInterrupted ends at once, not at the next look.
func TestMigratePingInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := asctest.NewPipeServer(t, asctest.WithApp(sample.MarketplaceAppID), asctest.Settings{DeliveryTransport: silence{}},
			asctest.Webhook{ID: "w", AppID: sample.MarketplaceAppID, Name: "n", URL: "https://h.example/", Secret: "s", Enabled: true,
				EventTypes: eventTypes(wrapper.MarketplaceEvents())})
		tokens, err := auth.NewTokenSource(auth.Key(server.Key()))
		if err != nil {
			t.Fatal(err)
		}
		client, err := wrapper.NewClient(tokens, wrapper.WithBaseURL(server.URL), wrapper.WithHTTPClient(server.Client()))
		if err != nil {
			t.Fatal(err)
		}
		ctx, interrupt := context.WithTimeout(t.Context(), 6*time.Second) // it looks after 5.11 s, and 5 s later
		defer interrupt()
		begin := time.Now()
		m := &migration{timeout: time.Hour, plan: ensurePlan{wanted: wrapper.Webhook{ID: "w"}}}
		if err := m.ping(ctx, client); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != 6*time.Second {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
	})
}

// silence is a receiver that never responds.
type silence struct{}

func (silence) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
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
