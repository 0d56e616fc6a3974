package wrapper_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
	"golang.org/x/net/http2"
)

// h2Account is an account behind an h2Server, and a client of it.
func h2Account(t *testing.T, fault func() h2Fault, retry wrapper.Retry) (*asctest.Handler, *wrapper.Client) {
	t.Helper()
	fake, err := asctest.New()
	if err != nil {
		t.Fatal(err)
	}
	server, err := newH2Server(fake, fault)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.close)
	tokens, err := auth.NewTokenSource(auth.Key(fake.Key()))
	if err != nil {
		t.Fatal(err)
	}
	client := newClient(t, tokens, wrapper.WithBaseURL(server.url),
		over(server.transport), wrapper.WithRetry(retry))
	return fake, client
}

// TestH2OneFault: in whatever way a server ends a stream, a create is carried
// out at most once and told truly; all else is repeated and succeeds.
func TestH2OneFault(t *testing.T) {
	t.Parallel()
	var next atomic.Pointer[h2Fault]
	fault := func() h2Fault {
		if f := next.Swap(nil); f != nil {
			return *f
		}
		return h2Fault{}
	}
	fake, client := h2Account(t, fault, wrapper.Retry{Backoff: time.Millisecond})
	for name, stage := range h2Stages {
		for i, f := range h2Faults(stage) {
			// Neighbours are three ways with one code: each way and each stage meets a create and every other kind.
			n := i/3 + i%3 + int(stage)
			operations := sample(n)
			for _, operation := range []asctest.Operation{operations[0], operations[1+n%3]} {
				t.Run(f.String()+" "+name+", "+string(operation), func(t *testing.T) {
					fake.Reset()
					id := prepareHandler(fake, operation)
					next.Store(&f)
					err := perform(t, client, operation, id)
					switch {
					case slices.Contains(creates, operation):
						checkCreatedOnce(t, fake, operation, err)
					case slices.Contains(deletes, operation) && errors.Is(err, wrapper.ErrNotFound):
						// net/http repeated it by itself: see Retry.
						if exists(fake, operation) {
							t.Errorf("got %v, and it is there", err)
						}
					case err != nil:
						t.Errorf("got %v, want success", err)
					}
				})
			}
		}
	}
}

// checkCreatedOnce holds a create's error against what the account carried out.
func checkCreatedOnce(t *testing.T, fake *asctest.Handler, operation asctest.Operation, err error) {
	t.Helper()
	if executed := countRequests(fake, operation); executed > 1 {
		t.Errorf("carried out %d times, want at most once", executed)
	}
	if err == nil && !exists(fake, operation) {
		t.Error("told that it is done, and it is not")
	}
	if err != nil && !is[*wrapper.OutcomeUnknownError](err) {
		t.Errorf("got %v, want done or unknown", err)
	}
}

// TestH2CreateIsAlwaysReset: net/http alone would go on until the timeout.
func TestH2CreateIsAlwaysReset(t *testing.T) {
	for _, code := range []http2.ErrCode{http2.ErrCodeProtocol, http2.ErrCodeRefusedStream, http2.ErrCodeNo} {
		t.Run(code.String(), func(t *testing.T) {
			always := func() h2Fault { return h2Fault{stage: h2OnRequest, code: code} }
			fake, client := h2Account(t, always, wrapper.Retry{Backoff: time.Millisecond, Timeout: 2 * time.Second})
			start := time.Now()
			err := perform(t, client, asctest.MarketplaceWebhooksCreate, "")
			if !is[*wrapper.OutcomeUnknownError](err) {
				t.Errorf("got %v, want an unknown outcome", err)
			}
			if n := countRequests(fake, asctest.MarketplaceWebhooksCreate); n != 1 {
				t.Errorf("carried out %d times, want once", n)
			}
			if took := time.Since(start); took > time.Second {
				t.Errorf("took %v, want to return at once", took)
			}
		})
	}
}

// TestH2CreateIsAlwaysRefused: refused before its body was read, it is carried
// out never, and that is never called done.
func TestH2CreateIsAlwaysRefused(t *testing.T) {
	always := func() h2Fault { return h2Fault{stage: h2OnHeaders, code: http2.ErrCodeRefusedStream} }
	fake, client := h2Account(t, always, wrapper.Retry{Backoff: time.Millisecond, Timeout: 2 * time.Second})
	err := perform(t, client, asctest.MarketplaceWebhooksCreate, "")
	if err == nil {
		t.Error("got success, want an error")
	}
	if n := countRequests(fake, asctest.MarketplaceWebhooksCreate); n != 0 {
		t.Errorf("carried out %d times, want never", n)
	}
}

// TestH2AlwaysRefused: what has a body is sent Attempts times. net/http alone
// would go on until the timeout.
func TestH2AlwaysRefused(t *testing.T) {
	for _, operation := range updates {
		t.Run(string(operation), func(t *testing.T) {
			var sent atomic.Int64
			always := func() h2Fault {
				sent.Add(1)
				return h2Fault{stage: h2OnRequest, code: http2.ErrCodeRefusedStream}
			}
			fake, client := h2Account(t, always, wrapper.Retry{Backoff: time.Millisecond, Timeout: 500 * time.Millisecond})
			if err := perform(t, client, operation, prepareHandler(fake, operation)); err == nil {
				t.Error("got success, want an error")
			} else if strings.Contains(err.Error(), "GetBody") {
				t.Errorf("advises: %v", err)
			}
			if sent.Load() != 4 {
				t.Errorf("sent %d times, want 4", sent.Load())
			}
		})
	}
}

// TestH2DeleteOfNothing: a 404 to a DELETE that was sent once is not found.
func TestH2DeleteOfNothing(t *testing.T) {
	_, client := h2Account(t, func() h2Fault { return h2Fault{} }, wrapper.Retry{})
	for range 2 {
		if err := client.MarketplaceWebhooks.Delete(t.Context(), "unknown"); !errors.Is(err, wrapper.ErrNotFound) {
			t.Errorf("got %v, want not found", err)
		}
	}
}

// TestTransportThatRetriesByGetBody: a RoundTripper of the caller's that sends
// what it can read again finds nothing to read again.
func TestTransportThatRetriesByGetBody(t *testing.T) {
	for _, operation := range []asctest.Operation{asctest.MarketplaceWebhooksCreate, asctest.MarketplaceWebhooksUpdate} {
		executed := 0
		client := transportClient(t, func(req *http.Request) (*http.Response, error) {
			for range 3 {
				executed++
				_, _ = newCanned(502, "").RoundTrip(req)
				if req.GetBody == nil {
					break
				}
				req.Body, _ = req.GetBody()
			}
			return nil, errors.New("gave up")
		}, wrapper.WithRetry(wrapper.Retry{Attempts: 1}))
		err := perform(t, client, operation, "id")
		wantUnknown := operation == asctest.MarketplaceWebhooksCreate
		if is[*wrapper.OutcomeUnknownError](err) != wantUnknown {
			t.Errorf("%s: got %v, want unknown %v", operation, err, wantUnknown)
		}
		if executed != 1 {
			t.Errorf("%s: carried out %d times, want once", operation, executed)
		}
	}
}
