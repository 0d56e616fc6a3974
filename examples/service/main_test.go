package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

const appID = "6478000000"

// story is the service, beside an App Store Connect that reaches it over pipes.
type story struct {
	server  *asctest.Server
	client  *wrapper.Client
	db      *sql.DB
	pipes   *pipes // nil while the service is down
	failing bool   // the service's database, so to speak: it responds 503
	stop    context.CancelFunc
	ended   chan error
}

func newStory(t *testing.T) *story {
	t.Helper()
	s := &story{}
	s.server = asctest.NewPipeServer(t, asctest.WithApp(appID), asctest.Settings{DeliveryTransport: s, ListLag: time.Minute})
	tokens, err := auth.NewTokenSource(auth.Key(s.server.Key()))
	if err != nil {
		t.Fatal(err)
	}
	spoiling := &http.Client{Transport: spoil{s.server.Client().Transport}}
	s.client, err = wrapper.NewClient(tokens, wrapper.WithBaseURL(s.server.URL), wrapper.WithHTTPClient(spoiling))
	if err != nil {
		t.Fatal(err)
	}
	s.db = open(t, filepath.Join(t.TempDir(), "service.db"))
	return s
}

func open(t *testing.T, file string, pragmas ...string) *sql.DB {
	t.Helper()
	source := "file:" + file + "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)"
	for _, pragma := range pragmas {
		source += "&_pragma=" + pragma
	}
	db, err := sql.Open("sqlite", source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// RoundTrip is how App Store Connect reaches the service.
func (s *story) RoundTrip(r *http.Request) (*http.Response, error) {
	switch {
	case s.pipes == nil:
		return nil, errors.New("connection refused")
	case s.failing:
		return &http.Response{StatusCode: http.StatusServiceUnavailable, Body: http.NoBody, Request: r}, nil
	}
	return (&http.Transport{DialContext: s.pipes.dial, DisableKeepAlives: true}).RoundTrip(r)
}

// spoil cuts the payload of the event of a package called poison.
type spoil struct{ http.RoundTripper }

func (s spoil) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := s.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	body = regexp.MustCompile(`"payload":"(\\"|[^"])*poison(\\"|[^"])*"`).ReplaceAll(body, []byte(`"payload":"{"`))
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	response.Header.Del("Content-Length")
	return response, err
}

func (s *story) start() {
	ctx, stop := context.WithCancel(context.Background())
	s.stop, s.ended, s.pipes = stop, make(chan error, 1), newPipes()
	go func() { s.ended <- run(ctx, s.pipes, s.client, s.db) }()
	synctest.Wait()
}

func (s *story) end(t *testing.T) {
	t.Helper()
	s.stop()
	if err := <-s.ended; err != nil {
		t.Error(err)
	}
	s.pipes = nil
	synctest.Wait()
}

// post posts an event about a version of a package, and returns the service's status.
func (s *story) post(t *testing.T, version string) int {
	t.Helper()
	status, err := s.server.Notify(t.Context(), &notification.AlternativeDistributionPackageVersionCreated{
		MarketplaceAppID: appID, AppID: "1", PackageVersionID: version,
	})
	t.Logf("%s: %d, %v", version, status, err)
	return status
}

// inbox is what the service has kept: how often each version.
func (s *story) inbox(t *testing.T) map[string]int {
	t.Helper()
	rows, err := s.db.QueryContext(t.Context(), `SELECT body FROM inbox`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	kept := map[string]int{}
	for rows.Next() {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			t.Fatal(err)
		}
		n, err := notification.Decode(body)
		if err != nil {
			t.Fatal(err)
		}
		kept[n.Event.(*notification.AlternativeDistributionPackageVersionCreated).PackageVersionID]++
	}
	return kept
}

// TestLosesNothing: App Store Connect is down for the first minute, the service fails for a while and is restarted
// three times, and one payload can't be read: each good event has its effect exactly once.
func TestLosesNothing(t *testing.T) {
	t.Setenv("ASC_WEBHOOK_SECRET", "first second")
	t.Setenv("ASC_APP_ID", appID)
	t.Setenv("WEBHOOK_URL", "http://127.0.0.1/notifications")
	var logged bytes.Buffer
	log.SetOutput(&logged)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	synctest.Test(t, func(t *testing.T) {
		s := newStory(t)
		defer func() { s.stop(); _ = s.db.Close(); synctest.Wait() }()
		s.server.FailNext(asctest.Fault{Kind: asctest.FaultHTMLPage, Times: -1})
		s.start()
		time.Sleep(time.Minute)
		if err := s.server.Update(func(state *asctest.State) { state.Faults = nil }); err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Minute)
		if got := s.post(t, "v1"); got != http.StatusOK {
			t.Fatalf("v1: the service responded %d", got)
		}
		s.failing = true
		s.post(t, "v2")
		s.post(t, "poison")
		s.post(t, "v3")
		s.failing = false
		time.Sleep(12 * time.Minute)
		for _, version := range []string{"v4", "v5", "v6"} {
			s.end(t)
			s.post(t, version) // while it is down
			time.Sleep(time.Hour)
			s.start()
			time.Sleep(12 * time.Minute)
		}
		s.post(t, "v7")
		s.end(t)
		kept := s.inbox(t)
		for _, version := range []string{"v1", "v2", "v3", "v4", "v5", "v6", "v7"} {
			if kept[version] != 1 {
				t.Errorf("%s was kept %d times", version, kept[version])
			}
		}
		if len(kept) != 7 {
			t.Errorf("kept %v", kept)
		}
		if !strings.Contains(logged.String(), "was not handled: notification: malformed") {
			t.Errorf("the malformed payload is not reported:\n%s", &logged)
		}
	})
}

// TestRefuses what can't be right, before it serves.
func TestRefuses(t *testing.T) {
	for secret, want := range map[string]string{"": "secret", " ": "secret"} {
		t.Setenv("ASC_WEBHOOK_SECRET", secret)
		if err := run(t.Context(), nil, nil, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", secret, err)
		}
	}
}

// TestRefusesADatabase in which it could keep nothing, before it serves.
func TestRefusesADatabase(t *testing.T) {
	start := func(db *sql.DB) error {
		_, err := newHandler(t.Context(), db, []string{"secret"})
		return err
	}
	for name, test := range map[string]struct {
		spoil func(t *testing.T, file string)
		want  string
	}{
		"another program's file": {func(t *testing.T, file string) { overwrite(t, file, 0) }, "file is not a database"},
		"a damaged file":         {func(t *testing.T, file string) { overwrite(t, file, 4096) }, "the file is damaged, restore a backup"},
		"another table of this name": {func(t *testing.T, file string) {
			db := open(t, file)
			_, err := db.ExecContext(t.Context(), `DROP TABLE handled_notifications; CREATE TABLE handled_notifications (number)`)
			if err := errors.Join(err, db.Close()); err != nil {
				t.Fatal(err)
			}
		}, "handled_notifications does not work, create it from Schema"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "service.db")
			db := open(t, file)
			if err := errors.Join(start(db), db.Close()); err != nil {
				t.Fatal(err)
			}
			test.spoil(t, file)
			if err := start(open(t, file)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v", err)
			}
		})
	}
	full := open(t, filepath.Join(t.TempDir(), "service.db"), "max_page_count(2)")
	if err := start(full); err == nil || !strings.Contains(err.Error(), "database or disk is full") {
		t.Errorf("a full disk: %v", err)
	}
}

// overwrite spoils all that comes after the first n bytes of a file.
func overwrite(t *testing.T, file string, n int) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	content = append(content[:n], bytes.Repeat([]byte{0xff}, len(content)-n)...)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// pipes is a listener whose connections live in memory, so that it works inside testing/synctest.
type pipes struct {
	connections chan net.Conn
	closed      chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.connections <- far:
		return near, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case connection := <-p.connections:
		return connection, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	close(p.closed)
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }
