package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/notification"
)

// TestInterruptedCreate: the request is on its way, so nobody knows.
func TestInterruptedCreate(t *testing.T) {
	t.Parallel()
	server := asctest.NewServer(t)
	server.FailNext(asctest.Fault{Operation: asctest.MarketplaceWebhooksCreate, Kind: asctest.FaultLate, Delay: time.Hour})
	env := append(environment(t, server), secretVariable+"=canary")
	p := start(t, env, "marketplace-webhooks", "create", "--endpoint-url", "https://marketplace.example/")
	for len(server.Exchanges()) == 0 {
		time.Sleep(time.Millisecond) // the other process is a real one
	}
	if agent := server.Exchanges()[0].Header.Get("User-Agent"); !strings.HasPrefix(agent, "ascwebhooks/") {
		t.Errorf("User-Agent %q", agent)
	}
	code, stdout := p.end(os.Interrupt)
	stderr := p.stderr.String()
	if code != exitFailed || stdout != "" || !strings.Contains(stderr, "may or may not have been carried out") ||
		!strings.Contains(stderr, "Look with 'ascwebhooks marketplace-webhooks get'") ||
		strings.Count(stderr, "\n") != 1 || strings.Contains(stderr, "canary") {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}

// TestInterruptedGet ends at once.
func TestInterruptedGet(t *testing.T) {
	t.Parallel()
	server := asctest.NewServer(t)
	server.FailNext(asctest.Fault{Kind: asctest.FaultLate, Delay: time.Hour})
	p := start(t, environment(t, server), "marketplace-webhooks", "get")
	for len(server.Exchanges()) == 0 {
		time.Sleep(time.Millisecond)
	}
	if code, _ := p.end(os.Interrupt); code != exitFailed || !strings.Contains(p.stderr.String(), "interrupted") {
		t.Errorf("exit code %d, stderr %q", code, p.stderr.String())
	}
}

// underWay starts a listener that forwards to a service which holds the
// notification that was posted until release is called.
func underWay(t *testing.T) (p *process, responded chan int, release func()) {
	t.Helper()
	arrived, gate := make(chan struct{}), make(chan struct{})
	service := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(arrived)
		<-gate
	}))
	release = sync.OnceFunc(func() { close(gate) })
	t.Cleanup(func() { release(); service.Close() })
	p = start(t, []string{secretVariable + "=canary"}, "listen", "--addr", "127.0.0.1:0", "--forward", service.URL)
	url := address(p)
	responded = make(chan int, 1)
	go func() {
		body := []byte(`{"data":{"type":"AppUnavailable","id":"1"}}`)
		status, _ := post(context.Background(), url, body, notification.Sign([]byte("canary"), body))
		responded <- status
	}()
	<-arrived
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for { // until the signal was understood: nothing new is accepted
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			return p, responded, release
		}
		_ = conn.Close()
		time.Sleep(time.Millisecond) // the other process is a real one
	}
}

// TestFinishesWhatIsUnderWay: an interrupt loses no notification.
func TestFinishesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	p, responded, release := underWay(t)
	release()
	if status := <-responded; status != http.StatusOK {
		t.Errorf("status %d, want 200", status)
	}
	if line := p.line(); !strings.Contains(line, "AppUnavailable 1") {
		t.Errorf("printed %q", line)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("%v, want exit code 0; stderr %s", err, p.stderr.String())
	}
}

// TestSecondSignal ends the process whatever is under way.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	p, responded, _ := underWay(t)
	ended := make(chan struct{})
	go func() {
		<-responded // ends with the connection
		close(ended)
	}()
	for patience := time.After(10 * time.Second); ; {
		_ = p.Process.Signal(syscall.SIGTERM) // the first of these may come too early to be the second
		select {
		case <-ended:
			return
		case <-patience:
			t.Fatal("it lives on")
		case <-time.After(time.Millisecond):
		}
	}
}

// TestHangup: a terminal that is closed ends it in good order.
func TestHangup(t *testing.T) {
	t.Parallel()
	p := start(t, []string{secretVariable + "=canary"}, "listen", "--addr", "127.0.0.1:0")
	address(p)
	if code, _ := p.end(syscall.SIGHUP); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}
