package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
)

// TestInterruptedCreate: the request is on its way, so nobody knows.
func TestInterruptedCreate(t *testing.T) {
	server := asctest.NewServer(t)
	server.FailNext(asctest.Fault{Operation: asctest.Create, Kind: asctest.Late, Delay: time.Hour})
	env := append(environment(t, server), secretVariable+"=canary")
	p := start(t, env, "marketplace-webhooks", "create", "--endpoint-url", "https://marketplace.example/")
	for len(server.Requests()) == 0 {
		time.Sleep(time.Millisecond) // the other process is a real one
	}
	if agent := server.Requests()[0].Header.Get("User-Agent"); !strings.HasPrefix(agent, "ascwebhooks/") {
		t.Errorf("User-Agent %q", agent)
	}
	code, stdout := p.end(os.Interrupt)
	stderr := p.stderr.String()
	if code != exitFailed || stdout != "" || !strings.Contains(stderr, "may or may not have been carried out") ||
		!strings.Contains(stderr, "Look with 'ascwebhooks marketplace-webhooks get'") || strings.Count(stderr, "\n") != 1 || strings.Contains(stderr, "canary") {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}

// TestInterruptedGet ends at once.
func TestInterruptedGet(t *testing.T) {
	server := asctest.NewServer(t)
	server.FailNext(asctest.Fault{Kind: asctest.Late, Delay: time.Hour})
	p := start(t, environment(t, server), "marketplace-webhooks", "get")
	for len(server.Requests()) == 0 {
		time.Sleep(time.Millisecond)
	}
	if code, _ := p.end(os.Interrupt); code != exitFailed || !strings.Contains(p.stderr.String(), "interrupted") {
		t.Errorf("exit code %d, stderr %q", code, p.stderr.String())
	}
}
