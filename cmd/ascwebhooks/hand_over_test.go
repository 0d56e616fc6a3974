package main

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

// output is written to by several goroutines.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// listening is a listener in this process, until ctx ends.
type listening struct {
	*testing.T
	url            string
	stdout, stderr output
}

func listenHere(ctx context.Context, t *testing.T, do handOver) *listening {
	t.Helper()
	here := &listening{T: t}
	if do.timeout == 0 {
		do.timeout = time.Minute
	}
	l := &listener{system: &system{stdout: &here.stdout, stderr: &here.stderr}, handOver: do, secrets: [][]byte{[]byte("canary")}}
	if err := l.check(); err != nil {
		t.Fatal(err)
	}
	handler, err := l.handler(ctx)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	server.Config = l.server(handler)
	server.Start()
	t.Cleanup(server.Close)
	here.url = server.URL
	return here
}

func (l *listening) send(want int, typ, id string) {
	l.Helper()
	body := fmt.Appendf(nil, `{"data":{"type":%q,"id":%q,"version":1,"attributes":{}}}`, typ, id)
	status, err := post(context.Background(), l.url, body, notification.Sign([]byte("canary"), body))
	if err != nil || status != want {
		l.Errorf("%s %s: responded %d, %v; want %d: %s", typ, id, status, err, want, l.stderr.String())
	}
}

// TestListenCopies: a duplicate is told, and handed over only with --every-copy.
func TestListenCopies(t *testing.T) {
	for _, every := range []bool{false, true} {
		got := 0
		service := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got++ }))
		l := listenHere(t.Context(), t, handOver{target: service.URL, everyCopy: every})
		l.send(200, "AppUnavailable", "a")
		l.send(200, "AppUnavailable", "a")
		service.Close()
		told := strings.Contains(l.stderr.String(), "duplicate: AppUnavailable a")
		if got != 1 && !every || got != 2 && every || told == every {
			t.Errorf("--every-copy=%v: forwarded %d times, told %q", every, got, l.stderr.String())
		}
	}
}

// TestListenEvent acknowledges what is left out, and does nothing more with it.
func TestListenEvent(t *testing.T) {
	l := listenHere(t.Context(), t, handOver{events: []string{"AppUnavailable"}})
	l.send(200, "AppVersionUnavailable", "out")
	l.send(200, "AppUnavailable", "in")
	if out := l.stdout.String(); !strings.Contains(out, " in") || strings.Contains(out, "out") {
		t.Errorf("printed %q", out)
	}
	if !strings.Contains(l.stderr.String(), "left out: AppVersionUnavailable out") {
		t.Errorf("told %q", l.stderr.String())
	}
}

// TestListenHealth: a health check gets 200, and nothing else does without a signature.
func TestListenHealth(t *testing.T) {
	l := listenHere(t.Context(), t, handOver{})
	for request, want := range map[string]int{"GET /healthz": 200, "HEAD /healthz": 200, "GET /": 405, "POST /healthz": 401} {
		method, path, _ := strings.Cut(request, " ")
		r, _ := http.NewRequestWithContext(t.Context(), method, l.url+path, nil)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%s: %d, want %d", request, response.StatusCode, want)
		}
	}
}

// TestListenTLS forwards to a server with a certificate of its own only if told to trust it.
func TestListenTLS(t *testing.T) {
	service := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	service.Config.ErrorLog = log.New(io.Discard, "", 0)
	service.StartTLS()
	defer service.Close()
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: service.Certificate().Raw})
	ca := writeFile(t, "ca.pem", string(certificate))
	listenHere(t.Context(), t, handOver{target: service.URL}).send(500, "AppUnavailable", "a")
	listenHere(t.Context(), t, handOver{target: service.URL, caFile: ca}).send(200, "AppUnavailable", "a")
	listenHere(t.Context(), t, handOver{target: service.URL, insecure: true}).send(200, "AppUnavailable", "a")
}

// TestListenLongTimeout: the response is still written when a command has taken as long as it may.
func TestListenLongTimeout(t *testing.T) {
	l := &listener{handOver: handOver{timeout: time.Hour}}
	if most := l.server(nil).WriteTimeout; most <= time.Hour {
		t.Errorf("a response may take %v", most)
	}
}

// TestListenTimeout: a server that takes longer than --timeout is told to Apple as 503.
func TestListenTimeout(t *testing.T) {
	service := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_ = readAll(t, r.Body)
		<-r.Context().Done()
	}))
	defer service.Close()
	listenHere(t.Context(), t, handOver{target: service.URL, timeout: time.Second}).send(503, "AppUnavailable", "a")
}

// TestListenExec runs a command for each notification; its failure is 500, and it is run again for the next copy.
func TestListenExec(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TEST_OWN", "kept")
	l := listenHere(t.Context(), t, handOver{exec: "cd " + folder + ` && test "$TEST_OWN" = kept && echo "$ASC_EVENT_TYPE $ASC_EVENT_ID" && cat >"$ASC_EVENT_ID" && test ! -e fail`})
	fail := filepath.Join(folder, "fail")
	if err := os.WriteFile(fail, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l.send(500, "AppUnavailable", "a")
	if out := l.stdout.String(); out != "" {
		t.Errorf("printed %q, though the command failed", out)
	}
	_ = os.Remove(fail)
	l.send(200, "AppUnavailable", "a")
	if payload, err := os.ReadFile(filepath.Join(folder, "a")); err != nil || !strings.Contains(string(payload), `"id":"a"`) {
		t.Errorf("the command read %q, %v", payload, err)
	}
	if !strings.Contains(l.stderr.String(), "AppUnavailable a\n") || !strings.Contains(l.stderr.String(), "the command failed: exit status 1") {
		t.Errorf("told %q", l.stderr.String())
	}
}

// TestListenExecOneAtATime: commands do not overlap.
func TestListenExecOneAtATime(t *testing.T) {
	folder := t.TempDir()
	l := listenHere(t.Context(), t, handOver{exec: "mkdir " + folder + "/running && rmdir " + folder + "/running"})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() { l.send(200, "AppUnavailable", fmt.Sprint(i)) })
	}
	all.Wait()
}
