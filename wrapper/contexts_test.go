package wrapper_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestCancelledBefore: no request leaves, whatever the transport.
func TestCancelledBefore(t *testing.T) {
	sent := 0
	client := transportClient(t, func(*http.Request) (*http.Response, error) { sent++; return nil, errors.New("sent") })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.MarketplaceWebhooks.List(ctx); !errors.Is(err, context.Canceled) || sent != 0 {
		t.Errorf("%d sent: %v", sent, err)
	}
}

// TestCancelledWhileTheTokenIsMade: the same.
func TestCancelledWhileTheTokenIsMade(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	sent := 0
	transport := roundTripper(func(*http.Request) (*http.Response, error) {
		sent++
		return nil, errors.New("sent")
	})
	source := tokenFunc(func() string { cancel(); return "token" })
	client := newClient(t, source, over(transport))
	_, err := client.MarketplaceWebhooks.List(ctx)
	if sent != 0 {
		t.Errorf("%d requests with a cancelled context: %v", sent, err)
	}
}

// TestEndedContext: the call returns promptly, with the context's error and
// what was known.
func TestEndedContext(t *testing.T) {
	in10s := http.Header{"Retry-After": {"10"}}
	busy, limited := asctest.Fault{Status: 503, Times: -1, Header: in10s}, asctest.Fault{Status: 429, Header: in10s}
	late := asctest.Fault{Kind: asctest.FaultLate, Delay: 20 * time.Second}
	lateBody := asctest.Fault{Kind: asctest.FaultLateBody, Delay: 20 * time.Second}
	for name, test := range map[string]struct {
		fault     asctest.Fault
		operation asctest.Operation
		after     time.Duration // then the context is cancelled
		unknown   bool
		apiError  bool
		requests  int
	}{
		"before sending":        {asctest.Fault{Optional: true}, asctest.MarketplaceWebhooksCreate, 0, false, false, 0},
		"in the backoff":        {busy, asctest.MarketplaceWebhooksList, 5 * time.Second, false, true, 1},
		"in a create's wait":    {limited, asctest.MarketplaceWebhooksCreate, 5 * time.Second, false, true, 1},
		"before the headers":    {late, asctest.MarketplaceWebhooksCreate, 5 * time.Second, true, false, 1},
		"mid-body":              {lateBody, asctest.MarketplaceWebhooksCreate, 5 * time.Second, true, false, 1},
		"mid-body of an update": {lateBody, asctest.MarketplaceWebhooksUpdate, 5 * time.Second, false, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := asctest.NewPipeServer(t)
				client := connect(t, server)
				id := prepare(server, test.operation)
				server.FailNext(test.fault)
				ctx, cancel := context.WithCancel(t.Context())
				if test.after == 0 {
					cancel()
				}
				time.AfterFunc(test.after, cancel)
				start := time.Now()
				var err error
				switch test.operation {
				case asctest.MarketplaceWebhooksCreate:
					_, err = client.MarketplaceWebhooks.Create(ctx, params(endpointURL, "s"))
				case asctest.MarketplaceWebhooksUpdate:
					_, err = client.MarketplaceWebhooks.Update(ctx, id, params(endpointURL, ""))
				default:
					_, err = client.MarketplaceWebhooks.List(ctx)
				}
				if time.Since(start) != test.after || !errors.Is(err, context.Canceled) {
					t.Errorf("after %v: %v", time.Since(start), err)
				}
				if is[*wrapper.OutcomeUnknownError](err) != test.unknown || is[*wrapper.APIError](err) != test.apiError {
					t.Errorf("got %v", err)
				}
				if n := len(server.Exchanges()); n != test.requests {
					t.Errorf("%d requests", n)
				}
			})
		})
	}
}

// TestShortDeadline: where the deadline leaves no time for another attempt,
// the last failure is returned at once.
func TestShortDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := asctest.NewPipeServer(t)
		client := connect(t, server)
		server.FailNext(asctest.Fault{Status: 503, Header: http.Header{"Retry-After": {"20"}}})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		_, err := client.MarketplaceWebhooks.List(ctx)
		if apiErr, ok := errors.AsType[*wrapper.APIError](err); !ok || apiErr.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("got %v, want the 503", err)
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("took %v, want to return at once", took)
		}
	})
}

// TestLastFailureIsKept: a context that ends in a later attempt does not hide
// what failed before.
func TestLastFailureIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := over(newCanned(503, ""))
		client := newClient(t, &blockingSource{}, busy)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := client.MarketplaceWebhooks.List(ctx)
		if !is[*wrapper.APIError](err) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("token: %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		server := asctest.NewPipeServer(t)
		client := connect(t, server)
		server.FailNext(asctest.Fault{Status: 503}, asctest.Fault{Kind: asctest.FaultLate, Delay: 20 * time.Second})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := client.MarketplaceWebhooks.List(ctx)
		if !is[*wrapper.APIError](err) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("second attempt: %v", err)
		}
	})
}

// blockingSource gives one token.
type blockingSource struct{ asked atomic.Int64 }

func (s *blockingSource) Token(ctx context.Context) (string, error) {
	if s.asked.Add(1) == 1 {
		return "token", nil
	}
	<-ctx.Done()
	return "", ctx.Err()
}

// TestAttemptTimeout: the attempt's own timeout is not the caller's deadline.
func TestAttemptTimeout(t *testing.T) {
	for _, kind := range []asctest.FaultKind{asctest.FaultLate, asctest.FaultLateBody} {
		synctest.Test(t, func(t *testing.T) {
			server := asctest.NewPipeServer(t)
			client := connect(t, server, wrapper.WithRetry(wrapper.Retry{Attempts: 1}))
			_ = server.Update(func(s *asctest.State) {
				s.MarketplaceWebhook = new(asctest.MarketplaceWebhook{EndpointURL: endpointURL, Secret: "s"})
			})
			server.FailNext(asctest.Fault{Kind: kind, Delay: time.Hour})
			start := time.Now()
			_, err := client.MarketplaceWebhooks.List(t.Context())
			if time.Since(start) != 30*time.Second || errors.Is(err, context.DeadlineExceeded) || !isTimeout(err) {
				t.Errorf("%q after %v: %v", kind, time.Since(start), err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			server.FailNext(asctest.Fault{Kind: kind, Delay: time.Hour})
			_, err = client.MarketplaceWebhooks.List(ctx)
			if !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "within") {
				t.Errorf("the caller's deadline: %v", err)
			}
		})
	}
}

// TestClientTimeoutIsNotTheCallersDeadline: that of an http.Client bounds an attempt.
func TestClientTimeoutIsNotTheCallersDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := asctest.NewPipeServer(t)
		theirs := &http.Client{Transport: server.Client().Transport, Timeout: time.Second}
		client := connect(t, server, wrapper.WithHTTPClient(theirs))
		server.FailNext(asctest.Fault{Kind: asctest.FaultLate, Delay: time.Minute, Times: -1})
		_, err := client.MarketplaceWebhooks.List(t.Context())
		if errors.Is(err, context.DeadlineExceeded) || !isTimeout(err) || !strings.HasSuffix(err.Error(), "within 1s") {
			t.Errorf("%v", err)
		}
	})
}

// TestTokenContext: the TokenSource is asked with the call's context.
func TestTokenContext(t *testing.T) {
	source := &ctxSource{}
	client := newClient(t, source, over(cannedList()))
	_, _ = client.MarketplaceWebhooks.List(context.WithValue(t.Context(), ctxSource{}, 1))
	if source.got != 1 {
		t.Error("the TokenSource was asked without the call's context")
	}
}

type ctxSource struct{ got any }

func (s *ctxSource) Token(ctx context.Context) (string, error) {
	s.got = ctx.Value(ctxSource{})
	return "token", nil
}
