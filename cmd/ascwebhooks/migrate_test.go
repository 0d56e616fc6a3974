package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
)

// migrate runs the command for receiver and returns code, stdout and stderr.
func migrate(t *testing.T, url string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return inProcess(t, append([]string{"migrate", "--endpoint-url", url, "--output", "json"}, args...)...)
}

// TestMigrate: plan, safe part, safe part again, end, end again.
func TestMigrate(t *testing.T) {
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer receiver.Close()
	server := account(t)
	_ = server.Update(func(s *asctest.State) {
		s.MarketplaceWebhook = new(asctest.MarketplaceWebhook{ID: "old", EndpointURL: "https://marketplace.example/old", Secret: "canary-0"})
	})
	for _, step := range []struct {
		name     string
		args     []string
		action   string
		deleted  bool
		old      bool // is there afterwards
		webhooks int
	}{
		{"plan", []string{"--dry-run", "--finish"}, "", false, true, 0},
		{"safe part", nil, "created", false, true, 1},
		{"safe part again", nil, "updated", false, true, 1},
		{"end", []string{"--finish"}, "updated", true, false, 1},
		{"end again", []string{"--finish"}, "updated", false, false, 1},
	} {
		code, stdout, stderr := migrate(t, receiver.URL, step.args...)
		var got migrationDocument
		if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exitOK {
			t.Fatalf("%s: exit code %d, %v, stderr %s", step.name, code, err, stderr)
		}
		if string(got.Action) != step.action || got.OldDeleted != step.deleted {
			t.Errorf("%s: got %+v", step.name, got)
		}
		if _, there := server.MarketplaceWebhook(); there != step.old {
			t.Errorf("%s: the old webhook is there: %v", step.name, there)
		}
		if there := server.State().Webhooks; len(there) != step.webhooks {
			t.Errorf("%s: %d webhooks", step.name, len(there))
		}
		if strings.Contains(stdout+stderr, "canary") {
			t.Errorf("%s: a secret is printed", step.name)
		}
	}
	events := strings.Join(server.State().Webhooks[0].EventTypes, " ")
	if strings.Count(events, "ALTERNATIVE_DISTRIBUTION") != 3 {
		t.Errorf("subscribed to %s", events)
	}
}

// TestMigrateKeepsTheOldWebhook as long as the new one does not work.
func TestMigrateKeepsTheOldWebhook(t *testing.T) {
	release := make(chan struct{})
	refuse := atomic.Bool{}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if refuse.Load() {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		<-release
	}))
	defer receiver.Close()
	defer close(release)
	for name, test := range map[string]struct {
		refuse bool
		want   string
	}{
		"slow":    {false, "not delivered yet"},
		"refused": {true, "the receiver responded 401 Unauthorized"},
	} {
		refuse.Store(test.refuse)
		server := account(t)
		_ = server.Update(func(s *asctest.State) {
			s.MarketplaceWebhook = new(asctest.MarketplaceWebhook{ID: "old", EndpointURL: "https://marketplace.example/old", Secret: "canary-0"})
		})
		code, _, stderr := migrate(t, receiver.URL, "--finish", "--timeout", "1s")
		if code != exitFailed || !strings.Contains(stderr, test.want) {
			t.Errorf("%s: exit code %d, stderr %s", name, code, stderr)
		}
		if _, there := server.MarketplaceWebhook(); !there {
			t.Errorf("%s: the old webhook is gone", name)
		}
	}
}

// TestCatchUpCommand: printed, dry, forwarded and signed anew, stopped and
// resumed.
func TestCatchUpCommand(t *testing.T) {
	server := account(t)
	const id = "builds"
	_ = server.Update(func(s *asctest.State) {
		s.Webhooks = []asctest.Webhook{{
			ID: id, AppID: sample.MarketplaceAppID, Name: "n", URL: "http://127.0.0.1:1/", Secret: "canary-0", Enabled: true,
			EventTypes: []string{"BUILD_UPLOAD_STATE_UPDATED"},
		}}
	})
	for _, build := range []string{"b1", "b2", "b3"} {
		event := &notification.BuildUploadStateUpdated{StateChange: notification.StateChange{InstanceID: build, New: "COMPLETE"}}
		if _, err := server.Notify(t.Context(), event); err == nil {
			t.Fatal("delivered, though nobody listens")
		}
	}
	code, stdout, stderr := inProcess(t, "webhooks", "catch-up", id)
	if code != exitOK || strings.Count(stdout, "buildUploadStateUpdated") != 3 ||
		!strings.Contains(stderr, "continue with --since 2") {
		t.Errorf("exit code %d, stdout %s, stderr %s", code, stdout, stderr)
	}

	verifier, err := notification.NewVerifier([]byte("canary-1"))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var handled []string
	refuseAfter := 1
	handler, err := notification.NewHandler(verifier, func(_ context.Context, n *notification.Notification) error {
		mu.Lock()
		defer mu.Unlock()
		if len(handled) == refuseAfter {
			return errors.New("refused")
		}
		handled = append(handled, n.Event.(*notification.BuildUploadStateUpdated).InstanceID)
		return nil
	}, notification.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	receiver := httptest.NewServer(handler)
	defer receiver.Close()
	forward := []string{"webhooks", "catch-up", id, "--forward", receiver.URL}
	if code, _, _ := inProcess(t, append(forward, "--dry-run")...); code != exitOK || len(handled) > 0 {
		t.Errorf("dry run: exit code %d, handled %v", code, handled)
	}
	code, _, stderr = inProcess(t, forward...)
	if code != exitFailed || len(handled) != 1 || !strings.Contains(stderr, "the receiver responded 500") {
		t.Errorf("exit code %d, handled %v, stderr %s", code, handled, stderr)
	}
	refuseAfter = 10
	code, _, stderr = inProcess(t, forward...)
	slices.Sort(handled) // created in the same millisecond, they have no order
	if code != exitOK || strings.Join(handled, " ") != "b1 b2 b3" {
		t.Errorf("exit code %d, handled %v, stderr %s", code, handled, stderr)
	}
}
