package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/notification/sqlstore"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// notifier is the program beside an App Store Connect, and the chat that it posts to.
type notifier struct {
	apple *asctest.Server
	lines chan string
	url   string
	db    *sql.DB
}

// start starts all three. chatStatus is what the chat responds to each line in turn, and then 200.
func start(t *testing.T, opts []asctest.Option, chatStatus ...int) *notifier {
	t.Helper()
	n := &notifier{apple: asctest.NewServer(t, append(opts, asctest.WithApp(sample.MarketplaceAppID))...), lines: make(chan string, 100)}
	chat := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var message struct{ Text string }
		if err := json.NewDecoder(r.Body).Decode(&message); err != nil || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("the chat got no message: %v", err)
		}
		if len(chatStatus) > 0 {
			status := chatStatus[0]
			chatStatus = chatStatus[1:]
			w.WriteHeader(status)
			return
		}
		n.lines <- message.Text
	}))
	t.Cleanup(chat.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n.url = "http://" + listener.Addr().String() + "/"
	for name, value := range map[string]string{
		"ASC_WEBHOOK_SECRET": "new old", "ASC_APP_ID": sample.MarketplaceAppID, "WEBHOOK_URL": n.url,
		"CHAT_URL": chat.URL + "/services/canary",
	} {
		t.Setenv(name, value)
	}
	tokens, err := auth.NewTokenSource(auth.Key(n.apple.Key()))
	if err != nil {
		t.Fatal(err)
	}
	client, err := wrapper.NewClient(tokens, wrapper.WithBaseURL(n.apple.URL), wrapper.WithHTTPClient(n.apple.Client()))
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "notifier.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	n.db = db
	told(t, db, 13) // which is forgotten at the start
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, listener, client, db, http.DefaultTransport) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		_ = db.Close()
	})
	patience, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	_, err = n.apple.WaitForExchanges(patience, 1, func(x asctest.Exchange) bool {
		return x.Operation == asctest.WebhooksCreate && x.Status == http.StatusCreated
	})
	if err != nil {
		t.Fatalf("no webhook is registered: %v", err)
	}
	for remembered(t, db) > 0 {
		select {
		case <-time.After(time.Millisecond):
		case <-patience.Done():
			t.Fatal("what is old is remembered")
		}
	}
	return n
}

// told posts an event, which is acknowledged, and returns the line that the chat got.
func (n *notifier) told(t *testing.T, event notification.Event) string {
	t.Helper()
	status, err := n.apple.Notify(t.Context(), event)
	if err != nil || status != http.StatusOK || len(n.lines) != 1 {
		t.Fatalf("got status %d, %v and %d lines", status, err, len(n.lines))
	}
	return <-n.lines
}

// TestEveryEvent: each is one line that names the app, and all but the one on territories the version.
func TestEveryEvent(t *testing.T) {
	version := asctest.PackageVersion{
		PackageFile: asctest.PackageFile{ID: sample.PackageVersionID}, PackageID: sample.PackageID, Version: "7",
	}
	replaced := asctest.PackageVersion{PackageID: sample.PackageID, Version: "6", State: "REPLACED"}
	opts := []asctest.Option{version, replaced}
	for _, r := range sample.Resources() {
		opts = append(opts, r)
	}
	n := start(t, opts)
	const crash = " iPhone17_1, 26.1: It stopped when I tapped Pay."
	want := map[string]string{
		"alternativeDistributionPackageVersionCreated":          "app 6478000001 7 - new package version",
		"alternativeDistributionPackageAvailableUpdated":        "app 6478000001 7 - may be offered in DEU, FRA",
		"alternativeDistributionTerritoryAvailabilityUpdated":   "app 6478000001 - may be offered in DEU, FRA",
		"appStoreVersionAppVersionStateUpdated":                 "Example 1.2 (42) IOS - App Store version READY_FOR_REVIEW",
		"buildUploadStateUpdated":                               "Example 1.2 (42) IOS - build upload COMPLETE",
		"buildBetaDetailExternalBuildStateUpdated":              "Example 1.2 (42) IOS - TestFlight BETA_APPROVED",
		"betaFeedbackCrashSubmissionCreated":                    "Example 1.2 (42) IOS - crash on" + crash,
		"betaFeedbackScreenshotSubmissionCreated":               "Example 1.2 (42) IOS - screenshot from" + crash,
		"backgroundAssetVersionStateUpdated":                    "Example asset pack com.example.app.levels 3 IOS - COMPLETE",
		"backgroundAssetVersionInternalBetaReleaseCreated":      "Example asset pack com.example.app.levels 3 IOS - released to internal testers",
		"backgroundAssetVersionExternalBetaReleaseStateUpdated": "Example asset pack com.example.app.levels 3 IOS - release to external testers READY_FOR_TESTING",
		"backgroundAssetVersionAppStoreReleaseStateUpdated":     "Example asset pack com.example.app.levels 3 IOS - release on the App Store READY_FOR_DISTRIBUTION",
		"webhookPingCreated":                                    "Example - webhookPingCreated",
	}
	seen := 0
	for _, example := range notification.Examples() {
		if strings.HasPrefix(example.Type, "A") { // of marketplaceWebhooks, which is another resource
			continue
		}
		seen++
		if got := n.told(t, example.Event); got != want[example.Type] {
			t.Errorf("%s: got %q, want %q", example.Type, got, want[example.Type])
		}
	}
	if seen != 13 {
		t.Errorf("there are %d events, the ping included", seen)
	}
}

// TestFailed: the line has the errors of what failed, and no markup.
func TestFailed(t *testing.T) {
	details := map[string]any{"state": "FAILED", "errors": []any{
		map[string]any{"code": "90022", "description": "Missing\nicon."}, map[string]any{"code": "90023", "description": "<!all> & more"},
	}}
	n := start(t, []asctest.Option{
		asctest.Resource{Type: "buildUploads", ID: "u", Attributes: map[string]any{
			"cfBundleShortVersionString": "1.2", "platform": "IOS", "cfBundleVersion": "42", "state": details,
		}},
		asctest.Resource{Type: "backgroundAssetVersions", ID: "a", Attributes: map[string]any{
			"version": "3", "platforms": []string{"IOS", "MAC_OS"}, "stateDetails": map[string]any{"errors": details["errors"]},
		}},
	})
	const texts = "FAILED - 90022 Missing icon. - 90023 &lt;!all&gt; &amp; more"
	for _, test := range []struct {
		event notification.Event
		want  string
	}{
		{&notification.BuildUploadStateUpdated{StateChange: notification.StateChange{InstanceID: "u", New: "FAILED"}},
			"app 6478000000 1.2 (42) IOS - build upload " + texts},
		{&notification.BackgroundAssetVersionStateUpdated{StateChange: notification.StateChange{InstanceID: "a", New: "FAILED"}},
			"app 6478000000 asset pack 3 IOS+MAC_OS - " + texts},
	} {
		if got := n.told(t, test.event); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

// TestGone: what can't be read, or not with this key, is told of all the same.
func TestGone(t *testing.T) {
	n := start(t, nil)
	event := &notification.BuildUploadStateUpdated{StateChange: notification.StateChange{InstanceID: "gone", New: "COMPLETE"}}
	for _, status := range []int{http.StatusNotFound, http.StatusForbidden} {
		n.apple.FailNext(asctest.Fault{Operation: "buildUploads_getInstance", Status: status})
		got := n.told(t, event)
		if !strings.HasPrefix(got, "app 6478000000 - buildUploadStateUpdated about something that can't be read (notification ") {
			t.Errorf("status %d: got %q", status, got)
		}
	}
}

// TestTriesAgain: while the chat or App Store Connect is down nothing is acknowledged, so it comes again; and is told
// once. A line that the chat calls bad does not come again.
func TestTriesAgain(t *testing.T) {
	var logged bytes.Buffer
	log.SetOutput(&logged)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	n := start(t, nil, http.StatusServiceUnavailable, http.StatusFound, http.StatusBadRequest)
	ping := notification.New(&notification.WebhookPingCreated{})
	post := func(n2 *notification.Notification) int {
		t.Helper()
		signed, err := n.apple.Sign("", n2)
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.url, bytes.NewReader(signed[0].Body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(notification.SignatureHeader, signed[0].Signature)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		return response.StatusCode
	}
	for i, want := range []int{500, 500, 200, 200} { // down, redirected, refused, a duplicate
		if got := post(ping); got/100 != want/100 || len(n.lines) > 0 {
			t.Errorf("%d: got %d and %d lines, want %d", i, got, len(n.lines), want)
		}
	}
	again := notification.New(&notification.WebhookPingCreated{})
	n.apple.FailNext(asctest.Fault{Operation: "apps_getInstance", Kind: asctest.FaultHTMLPage, Times: 10})
	if got := post(again); got/100 != 5 || len(n.lines) > 0 {
		t.Errorf("App Store Connect is down: got %d", got)
	}
	if err := n.apple.Update(func(s *asctest.State) { s.Faults = nil }); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := post(again); got != http.StatusOK || len(n.lines) != 1 {
			t.Errorf("got %d and %d lines", got, len(n.lines))
		}
	}
	if got := remembered(t, n.db); got != 2 {
		t.Errorf("the database remembers %d notifications, want 2", got)
	}
	if strings.Contains(logged.String(), "canary") {
		t.Errorf("the log has the chat's URL:\n%s", &logged)
	}
	response, err := http.Get(n.url + "healthz")
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(response, err)
	}
	_ = response.Body.Close()
}

// TestPrunes: once a day, what was told twelve days ago.
func TestPrunes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "notifier.db")+"?_pragma=journal_mode(WAL)")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		told(t, db, 11)
		store, err := sqlstore.New(db, sqlstore.SQLite, "notifier")
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go prune(ctx, store)
		for day, want := range []int{1, 1, 0} {
			synctest.Wait()
			if got := remembered(t, db); got != want {
				t.Errorf("day %d: the database remembers %d, want %d", day, got, want)
			}
			time.Sleep(24*time.Hour + time.Minute)
		}
	})
}

// told makes the database remember a notification.
func told(t *testing.T, db *sql.DB, daysAgo int) {
	t.Helper()
	const insert = `INSERT INTO handled_notifications (service, id, body_hash, handled_at) VALUES ('notifier', 'told', zeroblob(32), ?)`
	_, err := db.ExecContext(t.Context(), sqlstore.SQLite.Schema())
	if err == nil {
		_, err = db.ExecContext(t.Context(), insert, time.Now().AddDate(0, 0, -daysAgo).Unix())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func remembered(t *testing.T, db *sql.DB) (notifications int) {
	t.Helper()
	err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM handled_notifications`).Scan(&notifications)
	if err != nil {
		t.Fatal(err)
	}
	return notifications
}

// TestRefuses what can't be right, before it serves.
func TestRefuses(t *testing.T) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, test := range []struct{ secret, chat, want string }{
		{"secret", "", "CHAT_URL"}, {"secret", "hooks.slack.com/services/x", "CHAT_URL"}, {"secret", "ftp://h.example/", "CHAT_URL"},
		{"secret", "https:///services", "CHAT_URL"}, {"", "https://h.example/", "ASC_WEBHOOK_SECRET"},
	} {
		t.Setenv("ASC_WEBHOOK_SECRET", test.secret)
		t.Setenv("CHAT_URL", test.chat)
		if err := run(t.Context(), nil, nil, db, nil); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v", test, err)
		}
	}
	unreachable := transport(func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") })
	for _, chatURL := range []string{"https://h.example/canary", "https://h.example/canary\n"} {
		if err := post(t.Context(), unreachable, chatURL, "line"); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("got %v", err)
		}
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
