package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// polled is a poller of the webhook missedID, whose passes the test makes.
func polled(t *testing.T, server *asctest.Server, do handOver) (*poller, *output) {
	t.Helper()
	var stderr output
	do.timeout = time.Minute
	l := &listener{system: &system{stdout: &output{}, stderr: &stderr}, handOver: do, webhook: missedID, secrets: [][]byte{[]byte("canary-1")}}
	if err := l.check(); err != nil {
		t.Fatal(err)
	}
	handler, err := l.handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return &poller{listener: l, client: clientOf(t, server), handler: handler, secret: l.secrets[0]}, &stderr
}

func clientOf(t *testing.T, server *asctest.Server) *wrapper.Client {
	t.Helper()
	_, tokens, err := newTokenSource(auth.KeyHint{})
	if err != nil {
		t.Fatal(err)
	}
	client, err := wrapper.NewClient(tokens, wrapper.WithBaseURL(server.URL), wrapper.WithHTTPClient(server.Client()))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func deliver(t *testing.T, server *asctest.Server, build string) {
	t.Helper()
	event := &notification.BuildUploadStateUpdated{StateChange: notification.StateChange{InstanceID: build, New: "COMPLETE"}}
	_, _ = server.Notify(t.Context(), event) // whether production takes it does not matter
}

func passes(t *testing.T, p *poller, times int) {
	t.Helper()
	for range times {
		if err := p.pass(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestListenPolls hands over what is delivered from the start on, signed, and tries again what is refused.
func TestListenPolls(t *testing.T) {
	server := missed(t)
	b := newBuilds(t, func(build string, times int) bool { return build == "b5" && times < 3 })
	p, stderr := polled(t, server, handOver{target: b.url})
	before := server.State().Webhooks
	passes(t, p, 1)
	b.want(t, "what was there at the start", map[string]int{})
	deliver(t, server, "b4")
	deliver(t, server, "b5")
	passes(t, p, 2)
	b.want(t, "one is refused", map[string]int{"b4": 1, "b5": 2})
	passes(t, p, 3)
	b.want(t, "it is taken", map[string]int{"b4": 1, "b5": 3})
	if strings.Contains(stderr.String(), "canary") || !strings.Contains(stderr.String(), "not handed over: buildUploadStateUpdated") {
		t.Errorf("told %q", stderr.String())
	}
	if after := server.State().Webhooks; fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("the webhook was %v and is %v", before, after)
	}
}

// TestListenPollsSucceeded hands over what production took, too.
func TestListenPollsSucceeded(t *testing.T) {
	production := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer production.Close()
	server := account(t, asctest.Webhook{
		ID: missedID, AppID: sample.MarketplaceAppID, Name: "n", URL: production.URL, Secret: "canary-0", Enabled: true,
		EventTypes: []string{"BUILD_UPLOAD_STATE_UPDATED"},
	})
	b := newBuilds(t, nil)
	p, _ := polled(t, server, handOver{target: b.url})
	passes(t, p, 1)
	deliver(t, server, "b1")
	passes(t, p, 2)
	b.want(t, "delivered to production", map[string]int{"b1": 1})
}

// TestListenPollsExec runs a command that failed again at the next pass.
func TestListenPollsExec(t *testing.T) {
	server := missed(t)
	tried := filepath.Join(t.TempDir(), "tried")
	p, _ := polled(t, server, handOver{exec: "echo $ASC_EVENT_INSTANCE_ID >>" + tried + "; test $(wc -l <" + tried + ") -eq 2"})
	passes(t, p, 1)
	deliver(t, server, "b4")
	passes(t, p, 4)
	if got, err := os.ReadFile(tried); err != nil || string(got) != "b4\nb4\n" {
		t.Errorf("the command ran for %q, %v", got, err)
	}
}

// TestListenPollsOddPayloads: what can't be handed over is told once, and settled.
func TestListenPollsOddPayloads(t *testing.T) {
	p, stderr := polled(t, missed(t), handOver{})
	for told, payload := range map[string]string{"listed without its event: delivery d1": "", "signed but malformed: 2 bytes": "{}"} {
		if !p.take(t.Context(), &wrapper.Delivery{ID: "d1", Payload: []byte(payload)}) || !strings.Contains(stderr.String(), told) {
			t.Errorf("%q is not settled, or told as %q", payload, stderr.String())
		}
	}
}

// TestListenPollsNothingAfterInterrupt: what was listed but not begun is left.
func TestListenPollsNothingAfterInterrupt(t *testing.T) {
	server := missed(t)
	ctx, interrupt := context.WithCancel(t.Context())
	posts := 0
	p, stderr := polled(t, server, handOver{target: "https://service.example/", poster: poster{transport: roundTripper(
		func(*http.Request) (*http.Response, error) { posts++; interrupt(); return nil, ctx.Err() },
	)}})
	passes(t, p, 1)
	deliver(t, server, "b4")
	deliver(t, server, "b5")
	if err := p.pass(ctx); err != nil || posts != 1 || strings.Count(stderr.String(), "not handed over") != 1 {
		t.Errorf("%v, %d posts, told %q", err, posts, stderr.String())
	}
}

// TestListenPollsUntilInterrupted needs no secret unless it forwards, and ends at an unknown webhook.
func TestListenPollsUntilInterrupted(t *testing.T) {
	missed(t)
	t.Setenv(secretVariable, "")
	ctx, interrupt := context.WithCancelCause(t.Context())
	var stdout output
	stderr := lines{arrived: make(chan string, 10)}
	ended := make(chan int)
	go func() {
		ended <- run(ctx, &system{stdout: &stdout, stderr: &stderr}, []string{"listen", "--webhook", missedID})
	}()
	if line := <-stderr.arrived; !strings.Contains(line, "what is delivered to "+missedID) {
		t.Errorf("told %q", line)
	}
	interrupt(errors.New("Ctrl-C"))
	if code := <-ended; code != exitOK {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
	for _, args := range []string{"--forward http://127.0.0.1:1/", "--addr :0", "--secret-file /nowhere"} {
		args := append([]string{"listen", "--webhook", missedID}, strings.Fields(args)...)
		if code, _, stderr := inProcess(t, args...); code != exitUsage {
			t.Errorf("%s: exit code %d, stderr %q", args, code, stderr)
		}
	}
	if code, _, stderr := inProcess(t, "listen", "--webhook", "nobody"); code != exitFailed {
		t.Errorf("an unknown webhook: exit code %d, stderr %q", code, stderr)
	}
}
