package wrapper_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
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
	client, err := wrapper.NewClient(source, wrapper.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.MarketplaceWebhooks.List(ctx)
	if sent != 0 {
		t.Errorf("%d requests with a cancelled context: %v", sent, err)
	}
}

type tokenFunc func() string

func (f tokenFunc) Token(context.Context) (string, error) { return f(), nil }

// TestLastFailureIsKept: a context that ends in a later attempt does not hide
// what failed before.
func TestLastFailureIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := wrapper.WithHTTPClient(&http.Client{Transport: newCanned(503, "")})
		client, err := wrapper.NewClient(&blockingSource{}, busy)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err = client.MarketplaceWebhooks.List(ctx)
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

// TestTakenThenDialError: a create whose body was taken is not repeated,
// whatever the error claims.
func TestTakenThenDialError(t *testing.T) {
	n := 0
	client := transportClient(t, func(req *http.Request) (*http.Response, error) {
		n++
		_, _ = io.Copy(io.Discard, req.Body)
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}, quick)
	if err := perform(t, client, asctest.MarketplaceWebhooksCreate, ""); !is[*wrapper.OutcomeUnknownError](err) || n != 1 {
		t.Errorf("%d sent: %v", n, err)
	}
}

// TestDeleteUnclearThenRefused: a refusal in between does not undo the first
// attempt's doing.
func TestDeleteUnclearThenRefused(t *testing.T) {
	for _, between := range []int{401, 429} {
		server := asctest.NewServer(t)
		client := connect(t, server, quick)
		id := prepare(server, asctest.MarketplaceWebhooksDelete)
		server.FailNext(asctest.Fault{Kind: asctest.FaultResetBeforeHeaders, Applied: true}, asctest.Fault{Status: between})
		if err := client.MarketplaceWebhooks.Delete(t.Context(), id); err != nil || len(server.Exchanges()) != 3 {
			t.Errorf("%d: %d requests, %v", between, len(server.Exchanges()), err)
		}
	}
}

// TestUpdateUnclearThenNotFound: only what is deleted may be gone.
func TestUpdateUnclearThenNotFound(t *testing.T) {
	server := asctest.NewServer(t)
	client := connect(t, server, quick)
	server.FailNext(asctest.Fault{Kind: asctest.FaultResetBeforeHeaders})
	got, err := client.MarketplaceWebhooks.Update(t.Context(), "unknown", params(endpointURL, ""))
	if !errors.Is(err, wrapper.ErrNotFound) {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestTokenContext: the TokenSource is asked with the call's context.
func TestTokenContext(t *testing.T) {
	source := &ctxSource{}
	client, err := wrapper.NewClient(source, wrapper.WithHTTPClient(&http.Client{Transport: cannedList()}))
	if err != nil {
		t.Fatal(err)
	}
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
