//go:build soak

package wrapper_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

const (
	soakCalls      = 100_000
	soakGoroutines = 64
	soakFaults     = 0.2
)

// TestSoak makes 100,000 calls from 64 goroutines, each with an account of its
// own and a model of what is in it, one token source for all, and every fifth
// response corrupted: half of the accounts speak HTTP/1 over one transport, the
// others HTTP/2 with a server that resets, goes away and refuses. After each
// call the account must be what the call's result allows.
func TestSoak(t *testing.T) {
	defer goleak.VerifyNone(t)
	accepting, err := asctest.New()
	if err != nil {
		t.Fatal(err)
	}
	key := accepting.Key() // of all accounts
	tokens, err := auth.NewTokenSource(auth.Key(key))
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: soakGoroutines}
	defer transport.CloseIdleConnections()
	run := &soak{canary: rand.Text(), key: key, tokens: tokens, transport: transport}
	start := time.Now()
	var wait sync.WaitGroup
	for i := range soakGoroutines {
		wait.Go(func() { run.account(t, i%2 == 0) })
	}
	wait.Wait()
	t.Logf("%d calls in %v: %d done, %d refused, %d unknown; %d faults (%d over HTTP/2), %d requests, %d lines of log",
		run.calls.Load(), time.Since(start).Round(time.Second), run.done.Load(), run.refused.Load(), run.unknown.Load(),
		run.faults.Load(), run.h2Faults.Load(), run.requests.Load(), run.lines.Load())
}

type soak struct {
	canary    string
	key       asctest.Key
	tokens    *auth.TokenSource
	transport *http.Transport

	calls, done, refused, unknown, faults, h2Faults, requests, lines atomic.Int64
}

// account works on one account until the calls are used up.
func (s *soak) account(t *testing.T, h2 bool) {
	opts := []asctest.Option{
		s.key, asctest.Settings{RateLimit: 1 << 30, Logger: slog.New(slog.NewTextHandler(watch{t, s}, nil))},
	}
	if !h2 {
		opts = append(opts, asctest.Settings{Faults: s.fault})
	}
	fake, err := asctest.New(opts...)
	if err != nil {
		t.Error(err)
		return
	}
	url, transport, closeServer, err := s.serve(fake, h2)
	if err != nil {
		t.Error(err)
		return
	}
	defer closeServer()
	client, err := wrapper.NewClient(s.tokens, wrapper.WithBaseURL(url),
		over(transport),
		wrapper.WithRetry(wrapper.Retry{Backoff: 100 * time.Microsecond, Timeout: 10 * time.Second}),
		wrapper.WithLogger(slog.New(slog.NewTextHandler(watch{t, s}, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	if err != nil {
		t.Error(err)
		return
	}
	for i := 0; s.calls.Add(1) <= soakCalls && !t.Failed(); i++ {
		s.step(t, fake, client.MarketplaceWebhooks, i)
	}
	s.calls.Add(-1)
}

func (s *soak) serve(fake *asctest.Handler, h2 bool) (string, *http.Transport, func(), error) {
	if !h2 {
		server := httptest.NewServer(fake)
		return server.URL, s.transport, server.Close, nil
	}
	server, err := newH2Server(fake, s.h2Fault)
	if err != nil {
		return "", nil, nil, err
	}
	return server.url, server.transport, server.close, nil
}

// h2Fault ends every fifth stream, in every way there is.
func (s *soak) h2Fault() h2Fault {
	s.requests.Add(1)
	if mathrand.Float64() >= soakFaults {
		return h2Fault{}
	}
	s.faults.Add(1)
	s.h2Faults.Add(1)
	faults := h2Faults([]h2Stage{h2OnHeaders, h2OnRequest, h2InResponse}[mathrand.N(3)])
	return faults[mathrand.N(len(faults))]
}

// step makes one call and holds its result against the account.
func (s *soak) step(t *testing.T, fake *asctest.Handler, webhooks *wrapper.MarketplaceWebhooks, i int) {
	ctx := context.Background()
	before, existed := fake.MarketplaceWebhook()
	url, secret := fmt.Sprintf("https://marketplace.example/%d", i), fmt.Sprintf("%s-%d", s.canary, i)
	var err error
	var right func(after asctest.MarketplaceWebhook, exists bool) bool
	switch mathrand.N(5) {
	case 0:
		var list []wrapper.MarketplaceWebhook
		list, err = webhooks.List(ctx)
		right = func(after asctest.MarketplaceWebhook, exists bool) bool {
			same := len(list) == 1 == exists && (!exists || list[0] == wrapper.MarketplaceWebhook{
				ID: after.ID, EndpointURL: after.EndpointURL,
			})
			return after == before && (err != nil || same)
		}
	case 1, 2:
		var created wrapper.MarketplaceWebhook
		created, err = webhooks.Create(ctx, params(url, secret))
		right = func(after asctest.MarketplaceWebhook, exists bool) bool {
			ours := exists && after.EndpointURL == url && after.Secret == secret
			switch {
			case err == nil:
				return !existed && ours && created.ID == after.ID
			case is[*wrapper.OutcomeUnknownError](err):
				return after == before || !existed && ours
			default:
				return after == before
			}
		}
	case 3:
		id := before.ID
		if !existed {
			id = "unknown"
		}
		_, err = webhooks.Update(ctx, id, params(url, secret))
		right = func(after asctest.MarketplaceWebhook, exists bool) bool {
			if err == nil {
				return existed && after == (asctest.MarketplaceWebhook{ID: id, EndpointURL: url, Secret: secret})
			}
			return after == before || existed && after.Secret == secret
		}
	case 4:
		id := before.ID
		if !existed {
			id = "unknown"
		}
		err = webhooks.Delete(ctx, id)
		right = func(_ asctest.MarketplaceWebhook, exists bool) bool {
			return !exists || err != nil && !errors.Is(err, wrapper.ErrNotFound)
		}
	}
	if after, exists := fake.MarketplaceWebhook(); !right(after, exists) {
		t.Errorf("a wrong response: %v; before %+v, after %+v", err, before, after)
	}
	s.count(t, err)
}

func (s *soak) count(t *testing.T, err error) {
	switch {
	case err == nil:
		s.done.Add(1)
		return
	case is[*wrapper.OutcomeUnknownError](err):
		s.unknown.Add(1)
	default:
		s.refused.Add(1)
	}
	_, _ = fmt.Fprintf(watch{t, s}, "%v %+v %#v", err, err, err)
}

// fault spoils every fifth response, in every way there is.
func (s *soak) fault(asctest.Exchange) *asctest.Fault {
	s.requests.Add(1)
	if mathrand.Float64() >= soakFaults {
		return nil
	}
	s.faults.Add(1)
	kinds := asctest.FaultKinds()
	fault := &asctest.Fault{Kind: kinds[mathrand.N(len(kinds))], Applied: mathrand.N(2) == 0}
	if fault.Kind == "" {
		fault.Status = []int{401, 403, 409, 422, 429, 500, 502, 503, 504}[mathrand.N(9)]
		fault.Applied = fault.Applied && fault.Status >= 500
	}
	switch fault.Kind {
	case asctest.FaultRedirect, asctest.FaultAssociatedErrors, asctest.FaultSeeLink: // they say that nothing was done
		fault.Applied = false
	}
	return fault
}

// watch is an io.Writer that looks for what must not be written.
type watch struct {
	t *testing.T
	s *soak
}

var _ io.Writer = watch{}

func (w watch) Write(p []byte) (int, error) {
	w.s.lines.Add(1)
	if bytes.Contains(p, []byte(w.s.canary)) || bytes.Contains(p, []byte("eyJ")) {
		w.t.Errorf("a secret or a token was written: %s", p)
	}
	return len(p), nil
}
