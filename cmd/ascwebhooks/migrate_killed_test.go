package main

import (
	"bytes"
	"context"
	"io"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestMigrateKilled ends the process at every request, before or after it takes
// effect, and runs it again: it ends as if nothing had happened.
func TestMigrateKilled(t *testing.T) {
	url := serviceWith(t, "canary-1")
	start := map[string]func(*testing.T, string, ...asctest.Option) *asctest.Server{
		"in use": inUse,
		"no webhook yet": func(t *testing.T, _ string, opts ...asctest.Option) *asctest.Server {
			return account(t, append(opts, asctest.MarketplaceWebhook{EndpointURL: "https://marketplace.example/old", Secret: "canary-0"})...)
		},
	}
	for name, start := range start {
		t.Run(name, func(t *testing.T) {
			killed := 0
			for n, atAll := 1, true; atAll; n++ {
				atAll = false
				for _, applied := range []bool{false, true} {
					ctx, kill := context.WithCancel(t.Context())
					var requests atomic.Int32
					server := start(t, url, asctest.Settings{Faults: func(asctest.Exchange) *asctest.Fault {
						if int(requests.Add(1)) != n {
							return nil
						}
						kill()
						return &asctest.Fault{Kind: asctest.FaultResetBeforeHeaders, Applied: applied}
					}})
					args := []string{"migrate", "--endpoint-url", url, "--finish", "--yes"}
					code := run(ctx, &system{stdin: &bytes.Reader{}, stdout: io.Discard, stderr: io.Discard}, args)
					kill()
					if code != exitOK {
						killed, atAll = killed+1, true
						waitForExchanges(server, n) // the last request may still be on its way
						if code, _, stderr := inProcess(t, args...); code != exitOK {
							t.Errorf("request %d (applied: %v), run again: exit code %d, stderr %s", n, applied, code, stderr)
						}
					}
					checkMigrated(t, server.State(), url)
				}
			}
			if killed < 2*7 {
				t.Errorf("killed %d times, which is not every request", killed)
			}
		})
	}
}

func waitForExchanges(server *asctest.Server, n int) {
	for changes := server.Since(0); len(changes.Exchanges) < n; changes = server.Since(0) {
		<-changes.More
	}
}

// checkMigrated fails t unless one webhook has taken the old one's place.
func checkMigrated(t *testing.T, state asctest.State, url string) {
	t.Helper()
	there := slices.DeleteFunc(state.Webhooks, func(w asctest.Webhook) bool { return w.URL != url })
	if state.MarketplaceWebhook != nil || len(there) != 1 || there[0].Secret != "canary-1" || !there[0].Enabled {
		t.Errorf("the old one is %v, the new ones are %+v", state.MarketplaceWebhook, there)
	}
	for _, eventType := range eventTypes(wrapper.MarketplaceEvents()) {
		if !slices.Contains(there[0].EventTypes, eventType) {
			t.Errorf("%s is missing", eventType)
		}
	}
}
