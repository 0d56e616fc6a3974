package wrapper_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestNothingWasSent: where no connection came about, every method may be
// tried again, unless the next attempt would meet the same; and no outcome is unknown.
func TestNothingWasSent(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	lookup := func(err *net.DNSError) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for name, test := range map[string]struct {
		err   error
		again bool
	}{
		"connection refused": {refused, true},
		"dial timeout":       {&net.OpError{Op: "dial", Net: "tcp", Err: context.DeadlineExceeded}, true},
		"temporary DNS":      {lookup(&net.DNSError{Err: "server misbehaving", IsTemporary: true}), true},
		"proxy is away":      {&net.OpError{Op: "proxyconnect", Net: "tcp", Err: refused}, true},
		"unknown host":       {lookup(&net.DNSError{Err: "no such host", IsNotFound: true}), false},
	} {
		for _, operation := range sample(len(name)) {
			t.Run(name+" "+string(operation), func(t *testing.T) {
				server := asctest.NewServer(t)
				var dials atomic.Int64
				dialer := &net.Dialer{}
				transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
					if dials.Add(1) < 3 {
						return nil, test.err
					}
					return dialer.DialContext(ctx, network, addr)
				}}
				defer transport.CloseIdleConnections()
				// The checking transport must not hide that nothing was sent.
				checked := &http.Client{Transport: asctest.Transport(t, transport)}
				client := connect(t, server, quick, wrapper.WithHTTPClient(checked))
				id := prepare(server, operation)
				err := perform(t, client, operation, id)
				if test.again {
					if err != nil || dials.Load() != 3 {
						t.Errorf("%d dials: %v", dials.Load(), err)
					}
				} else if !errors.Is(err, test.err) || dials.Load() != 1 || is[*wrapper.OutcomeUnknownError](err) {
					t.Errorf("%d dials: %v", dials.Load(), err)
				}
			})
		}
	}
}

// TestBodyTaken: whether a create may have been carried out depends on
// whether anybody took its body, whatever the transport and its error are.
func TestBodyTaken(t *testing.T) {
	failure := errors.New("the transport gave up")
	dial := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	nothing := func(*http.Request) {}
	oneByte := func(req *http.Request) { _, _ = req.Body.Read(make([]byte, 1)) }
	all := func(req *http.Request) { _, _ = io.Copy(io.Discard, req.Body) }
	for name, test := range map[string]struct {
		take    func(*http.Request)
		failure error
		tries   int
		unknown bool
	}{
		"not taken":         {nothing, failure, 4, false},
		"one byte":          {oneByte, failure, 1, true},
		"all":               {all, failure, 1, true},
		"all, then no dial": {all, dial, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			var requests []*http.Request
			client := transportClient(t, func(req *http.Request) (*http.Response, error) {
				requests = append(requests, req)
				test.take(req)
				return nil, test.failure
			}, quick)
			err := perform(t, client, asctest.MarketplaceWebhooksCreate, "")
			if !errors.Is(err, test.failure) || is[*wrapper.OutcomeUnknownError](err) != test.unknown {
				t.Errorf("got %v, want it unknown: %v", err, test.unknown)
			}
			if len(requests) != test.tries {
				t.Errorf("%d tries, want %d", len(requests), test.tries)
			}
			// A transport may go on after it has returned: what counted as not sent stays unsent.
			n, readErr := requests[0].Body.Read(make([]byte, 1))
			if !test.unknown && (n != 0 || readErr == nil || readErr == io.EOF) {
				t.Errorf("after that, %d bytes could be read: %v", n, readErr)
			}
		})
	}
}

// TestBadCertificate: not tried again, and nothing was sent.
func TestBadCertificate(t *testing.T) {
	var connections atomic.Int64
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.StartTLS()
	defer server.Close()
	client := newClient(t, fixedToken("token"), wrapper.WithBaseURL(server.URL), quick)
	err := perform(t, client, asctest.MarketplaceWebhooksCreate, "")
	if err == nil || is[*wrapper.OutcomeUnknownError](err) || connections.Load() != 1 {
		t.Errorf("%d connections: %v", connections.Load(), err)
	}
}

// TestDeleteAfterRefusedConnection: nothing was sent before the 404, so it is
// not found, not deleted.
func TestDeleteAfterRefusedConnection(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	for _, failure := range []error{refused, &net.OpError{Op: "proxyconnect", Err: refused}} {
		server := asctest.NewServer(t)
		tries := 0
		transport := roundTripper(func(req *http.Request) (*http.Response, error) {
			if tries++; tries == 1 {
				return nil, failure
			}
			return server.Client().Transport.RoundTrip(req)
		})
		client := connect(t, server, quick, over(transport))
		err := client.MarketplaceWebhooks.Delete(t.Context(), "unknown")
		if !errors.Is(err, wrapper.ErrNotFound) {
			t.Errorf("%v: got %v, want not found", failure, err)
		}
		if tries != 2 {
			t.Errorf("%v: %d tries, want 2", failure, tries)
		}
	}
}

// TestDeleteAfterAnUnclearFailure: the first attempt removed the webhook and
// its response was lost; the second one's 404 is the proof.
func TestDeleteAfterAnUnclearFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := asctest.NewPipeServer(t)
		client := connect(t, server)
		id := prepare(server, asctest.MarketplaceWebhooksDelete)
		server.FailNext(asctest.Fault{Kind: asctest.FaultResetBeforeHeaders, Applied: true})
		if err := client.MarketplaceWebhooks.Delete(t.Context(), id); err != nil {
			t.Errorf("delete: %v", err)
		}
		requests := server.Exchanges()
		if len(requests) != 2 || requests[1].Status != 404 {
			t.Errorf("requests: %+v", requests)
		}
		if err := client.MarketplaceWebhooks.Delete(t.Context(), id); !errors.Is(err, wrapper.ErrNotFound) {
			t.Errorf("404 at the first try: %v", err)
		}
	})
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

// TestNilBody: it is an empty body, and a response is a response even if nobody
// took the request's body.
func TestNilBody(t *testing.T) {
	for _, test := range []struct {
		operation asctest.Operation
		status    int
		sent      int
		unknown   bool
		is        func(error) bool
	}{
		{asctest.MarketplaceWebhooksCreate, 503, 1, true, is[*wrapper.APIError]},
		{asctest.MarketplaceWebhooksCreate, 201, 1, true, is[*wrapper.UnexpectedResponseError]},
		{asctest.MarketplaceWebhooksCreate, 409, 1, false, is[*wrapper.APIError]},
		{asctest.MarketplaceWebhooksList, 200, 2, false, is[*wrapper.UnexpectedResponseError]},
		{asctest.MarketplaceWebhooksList, 503, 4, false, is[*wrapper.APIError]},
		{asctest.MarketplaceWebhooksDelete, 204, 1, false, func(err error) bool { return err == nil }},
	} {
		sent := 0
		err := perform(t, transportClient(t, bodiless(test.status, &sent), quick), test.operation, "id")
		if !test.is(err) {
			t.Errorf("%s %d: got %T %v", test.operation, test.status, err, err)
		}
		if is[*wrapper.OutcomeUnknownError](err) != test.unknown {
			t.Errorf("%s %d: got %v, want unknown %v", test.operation, test.status, err, test.unknown)
		}
		if sent != test.sent {
			t.Errorf("%s %d: sent %d times, want %d", test.operation, test.status, sent, test.sent)
		}
	}
}

// TestNoHeader: a mock may leave the header nil, too.
func TestNoHeader(t *testing.T) {
	client := transportClient(t, func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusForbidden}, nil
	})
	if _, err := client.MarketplaceWebhooks.List(t.Context()); !is[*wrapper.APIError](err) {
		t.Errorf("got %v, want an APIError", err)
	}
}

// TestTransportReturnsNothing: neither a response nor an error is an error.
func TestTransportReturnsNothing(t *testing.T) {
	client := transportClient(t, func(*http.Request) (*http.Response, error) { return nil, nil }, quick)
	if _, err := client.MarketplaceWebhooks.List(t.Context()); err == nil {
		t.Error("got a list, want an error")
	}
}

// TestNetworkErrorText: said once, and without the URL.
func TestNetworkErrorText(t *testing.T) {
	failing := func(*http.Request) (*http.Response, error) { return nil, errors.New("it gave up") }
	client := transportClient(t, failing, quick)
	_, err := client.MarketplaceWebhooks.List(t.Context())
	if want := "wrapper: GET /v1/marketplaceWebhooks: it gave up"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
