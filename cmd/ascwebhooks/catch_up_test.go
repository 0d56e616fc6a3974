package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

const missedID = "builds"

// missed is an account with a webhook that nobody serves, and events of three
// builds: b1, b2, b3.
func missed(t *testing.T, opts ...asctest.Option) *asctest.Server {
	t.Helper()
	server := account(t, append(opts, asctest.Webhook{
		ID: missedID, AppID: sample.MarketplaceAppID, Name: "n", URL: "http://127.0.0.1:1/", Secret: "canary-0", Enabled: true,
		EventTypes: []string{"BUILD_UPLOAD_STATE_UPDATED"},
	})...)
	for _, build := range []string{"b1", "b2", "b3"} {
		event := &notification.BuildUploadStateUpdated{StateChange: notification.StateChange{InstanceID: build, New: "COMPLETE"}}
		if _, err := server.Notify(t.Context(), event); err == nil {
			t.Fatal("delivered, though nobody listens")
		}
	}
	return server
}

// builds is a receiver that counts how often it got each build.
type builds struct {
	url    string
	refuse func(build string, times int) bool // nil: none

	mu  sync.Mutex
	got map[string]int
}

func newBuilds(t *testing.T, refuse func(build string, times int) bool) *builds {
	t.Helper()
	verifier, err := notification.NewVerifier([]byte("canary-1"))
	if err != nil {
		t.Fatal(err)
	}
	b := &builds{refuse: refuse, got: map[string]int{}}
	none := undeduplicated{}
	handler, err := notification.NewHandler(verifier, func(_ context.Context, n *notification.Notification) error {
		b.mu.Lock()
		defer b.mu.Unlock()
		build := n.Event.(*notification.BuildUploadStateUpdated).InstanceID
		b.got[build]++
		if b.refuse != nil && b.refuse(build, b.got[build]) {
			return errors.New("refused")
		}
		return nil
	}, notification.WithDeduplicator(none), notification.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

// undeduplicated lets each copy through.
type undeduplicated struct{}

func (undeduplicated) Once(ctx context.Context, _ *notification.Notification, handle func(context.Context) error) error {
	return handle(ctx)
}

func (b *builds) want(t *testing.T, name string, want map[string]int) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if !maps.Equal(b.got, want) {
		t.Errorf("%s: the receiver got %v, want %v", name, b.got, want)
	}
}

// TestCatchUpPrints the payloads, and where to go on: as data with --output json.
func TestCatchUpPrints(t *testing.T) {
	missed(t)
	code, stdout, stderr := inProcess(t, "webhooks", "catch-up", missedID)
	if code != exitOK || strings.Count(stdout, "buildUploadStateUpdated") != 3 || strings.Count(stdout, "\n") != 3 ||
		!strings.Contains(stderr, "events handed over: 3; continue with --since 2") {
		t.Errorf("exit code %d, stdout %s, stderr %s", code, stdout, stderr)
	}
	code, stdout, _ = inProcess(t, "webhooks", "catch-up", missedID, "--output", "json")
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	var last struct{ Next time.Time }
	err := json.Unmarshal([]byte(lines[len(lines)-1]), &last)
	if ago := time.Since(last.Next); code != exitOK || err != nil || len(lines) != 4 || ago < 4*time.Minute || ago > 6*time.Minute {
		t.Errorf("exit code %d, next %v, %v, stdout %s", code, last.Next, err, stdout)
	}
	if code, _, _ = inProcess(t, "webhooks", "catch-up", missedID, "--since", last.Next.Format(time.RFC3339)); code != exitOK {
		t.Errorf("--since next: exit code %d", code)
	}
}

// TestCatchUpForwards what was missed, signed anew. One that is refused stops no
// other, and is handed over again next time.
func TestCatchUpForwards(t *testing.T) {
	missed(t)
	b := newBuilds(t, func(build string, times int) bool { return build != "b3" && times == 1 })
	forward := []string{"webhooks", "catch-up", missedID, "--forward", b.url}
	if code, _, _ := inProcess(t, append(forward, "--dry-run")...); code != exitOK {
		t.Errorf("dry run: exit code %d", code)
	}
	b.want(t, "dry run", map[string]int{})
	code, _, stderr := inProcess(t, forward...)
	if code != exitFailed || !strings.Contains(stderr, "was not handled: the receiver responded 500 Internal Server Error; event ") ||
		!strings.Contains(stderr, "events handed over: 1; continue with --since ") {
		t.Errorf("exit code %d, stderr %s", code, stderr)
	}
	b.want(t, "two refused", map[string]int{"b1": 1, "b2": 1, "b3": 1})
	if code, _, stderr := inProcess(t, forward...); code != exitOK {
		t.Errorf("exit code %d, stderr %s", code, stderr)
	}
	b.want(t, "again", map[string]int{"b1": 2, "b2": 2, "b3": 2})
}

// TestCatchUpEvery hands each event over once, and one that is refused until it
// is taken. An interrupt ends it in good order.
func TestCatchUpEvery(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var passes atomic.Int32
	server := missed(t, asctest.Settings{Faults: func(x asctest.Exchange) *asctest.Fault {
		if x.Operation == asctest.WebhooksDeliveries && passes.Add(1) == 8 {
			interrupt()
		}
		return nil
	}})
	b := newBuilds(t, func(build string, times int) bool { return build == "b2" && times < 4 })
	tokens, err := auth.NewTokenSource(auth.Key(server.Key()))
	if err != nil {
		t.Fatal(err)
	}
	client, err := wrapper.NewClient(tokens, wrapper.WithBaseURL(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	c := catchUp{
		webhooks: &webhooks{system: &system{stdout: io.Discard, stderr: &stderr}},
		forward:  b.url, secret: []byte("canary-1"), every: time.Nanosecond,
	}
	if err := c.run(ctx, client, missedID); err != nil {
		t.Error(err)
	}
	b.want(t, "eight passes", map[string]int{"b1": 1, "b2": 4, "b3": 1})
	if n := strings.Count(stderr.String(), "ascwebhooks: "); n != 3 || strings.Count(stderr.String(), "was not handled") != n {
		t.Errorf("%d failures told, want three refusals and no interrupt: %s", n, stderr.String())
	}
	if err := c.pass(ctx, client, missedID); err == nil || len(c.taken) != 3 {
		t.Errorf("%d payloads remembered after a pass that could not list, want three; %v", len(c.taken), err)
	}
	c.taken[sha256.Sum256([]byte("not listed any more"))] = true
	if err := c.pass(t.Context(), client, missedID); err != nil || len(c.taken) != 3 {
		t.Errorf("%d payloads remembered, want the three that are listed; %v", len(c.taken), err)
	}
}

// TestCatchUpEveryEnds at once where waiting cures nothing.
func TestCatchUpEveryEnds(t *testing.T) {
	missed(t)
	code, _, stderr := inProcess(t, "webhooks", "catch-up", "none", "--every", "1h", "--since", "2d")
	if code != exitFailed || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "Nothing has this ID") {
		t.Errorf("exit code %d, stderr %s", code, stderr)
	}
	refused := func(status int) error { return fmt.Errorf("x: %w", &wrapper.APIError{StatusCode: status}) }
	for err, want := range map[error]bool{
		nil: false, errors.New("x"): false, errors.Join(finalError{errors.New("x")}): true, wrapper.ErrInvalid: true,
		refused(http.StatusTooManyRequests): false, refused(http.StatusServiceUnavailable): false, refused(http.StatusForbidden): true,
	} {
		if isFinal(err) != want {
			t.Errorf("%v: %t", err, !want)
		}
	}
}

// TestCatchUpInterrupted before it has listed anything says no time to go on from.
func TestCatchUpInterrupted(t *testing.T) {
	missed(t)
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	var stderr strings.Builder
	file := filepath.Join(t.TempDir(), "next.txt")
	code := run(ctx, &system{stdout: io.Discard, stderr: &stderr}, []string{"webhooks", "catch-up", missedID, "--next-file", file})
	if _, err := os.Stat(file); code != exitFailed || err == nil || strings.Contains(stderr.String(), "continue with") {
		t.Errorf("exit code %d, the file: %v, stderr %s", code, err, stderr.String())
	}
}

func TestSince(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for since, want := range map[string]string{
		"":                          "0001-01-01T00:00:00Z",
		"24h":                       "2026-11-27T12:00:00Z",
		"2d":                        "2026-11-26T12:00:00Z",
		"2026-11-20":                "2026-11-20T00:00:00Z",
		"2026-11-20T15:00:00Z":      "2026-11-20T15:00:00Z",
		"2026-11-20T15:00:00+02:00": "2026-11-20T13:00:00Z",
		"10d":                       "0001-01-01T00:00:00Z", // everything that is listed
		"11d":                       "--since is over ten days ago, and App Store Connect lists ten days",
		"2026-11-18":                "--since is over ten days ago, and App Store Connect lists ten days",
		"99999d":                    "--since must be a date such as",
		"0d":                        "--since must be a date such as",
		"-2d":                       "--since must be a date such as",
		"d":                         "--since must be a date such as",
		"2026-11-31":                "--since must be a date such as",
	} {
		at, err := parseSince(since, now)
		got := at.UTC().Format(time.RFC3339)
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s, want %s", since, got, want)
		}
	}
}
