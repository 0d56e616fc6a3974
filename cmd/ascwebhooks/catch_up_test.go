package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
)

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
