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
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

var (
	quick = wrapper.WithRetry(wrapper.Retry{Backoff: time.Millisecond})
	once  = wrapper.WithRetry(wrapper.Retry{Attempts: 1})
)

// TestNothingWasSent: where no connection came about, every method may be
// tried again, unless trying again is hopeless; and no outcome is unknown.
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
		for _, operation := range allOperations {
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
		client := connect(t, server, quick, wrapper.WithHTTPClient(&http.Client{Transport: transport}))
		err := client.MarketplaceWebhooks.Delete(t.Context(), "unknown")
		if !errors.Is(err, wrapper.ErrNotFound) {
			t.Errorf("%v: got %v, want not found", failure, err)
		}
		if tries != 2 {
			t.Errorf("%v: %d tries, want 2", failure, tries)
		}
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
	client, err := wrapper.NewClient(fixedToken("token"), wrapper.WithBaseURL(server.URL), quick)
	if err != nil {
		t.Fatal(err)
	}
	err = perform(t, client, asctest.MarketplaceWebhooksCreate, "")
	if err == nil || is[*wrapper.OutcomeUnknownError](err) || connections.Load() != 1 {
		t.Errorf("%d connections: %v", connections.Load(), err)
	}
}

// TestBodyTaken: whether a create may have been carried out depends on
// whether anybody took its body, whatever the transport and its error are.
func TestBodyTaken(t *testing.T) {
	failure := errors.New("the transport gave up")
	for name, test := range map[string]struct {
		take    func(*http.Request)
		tries   int
		unknown bool
	}{
		"not taken": {func(*http.Request) {}, 4, false},
		"one byte":  {func(req *http.Request) { _, _ = req.Body.Read(make([]byte, 1)) }, 1, true},
		"all":       {func(req *http.Request) { _, _ = io.Copy(io.Discard, req.Body) }, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			var requests []*http.Request
			client, err := wrapper.NewClient(fixedToken("token"), quick, wrapper.WithHTTPClient(&http.Client{
				Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
					requests = append(requests, req)
					test.take(req)
					return nil, failure
				}),
			}))
			if err != nil {
				t.Fatal(err)
			}
			err = perform(t, client, asctest.MarketplaceWebhooksCreate, "")
			if !errors.Is(err, failure) || is[*wrapper.OutcomeUnknownError](err) != test.unknown || len(requests) != test.tries {
				t.Errorf("%d tries: %v", len(requests), err)
			}
			// A transport may go on after it has returned: what counted as not sent stays unsent.
			n, readErr := requests[0].Body.Read(make([]byte, 1))
			if !test.unknown && (n != 0 || readErr == nil || readErr == io.EOF) {
				t.Errorf("after that, %d bytes could be read: %v", n, readErr)
			}
		})
	}
}

// TestRedirectsAreRefused: neither the token nor the secret reaches the other
// place, whatever kind of redirect it is.
func TestRedirectsAreRefused(t *testing.T) {
	var reached atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer elsewhere.Close()
	server := asctest.NewServer(t)
	client := connect(t, server, quick)
	for i, status := range []int{300, 301, 302, 303, 304, 307, 308} {
		for j, location := range [][]string{{elsewhere.URL + "/v1/marketplaceWebhooks"}, {"/v1/marketplaceWebhooks"}, nil} {
			for _, operation := range sample(i + j) {
				id := prepare(server, operation)
				before := len(server.Exchanges())
				server.FailNext(asctest.Fault{Kind: asctest.FaultRedirect, Status: status, Header: http.Header{"Location": location}})
				err := perform(t, client, operation, id)
				redirect, ok := errors.AsType[*wrapper.UnexpectedResponseError](err)
				if !ok || redirect.StatusCode != status || len(server.Exchanges())-before != 1 {
					t.Errorf("%s %d to %v: %v", operation, status, location, err)
				}
			}
		}
	}
	if reached.Load() != 0 {
		t.Errorf("%d requests went elsewhere", reached.Load())
	}
}

// TestCallersClientIsLeftAlone: a caller's http.Client is copied, not changed.
func TestCallersClientIsLeftAlone(t *testing.T) {
	server := asctest.NewServer(t)
	transport := server.Client().Transport
	theirs := &http.Client{Transport: transport, Timeout: time.Minute}
	connect(t, server, wrapper.WithHTTPClient(theirs))
	if theirs.CheckRedirect != nil || theirs.Transport != transport || theirs.Timeout != time.Minute || theirs.Jar != nil {
		t.Errorf("changed to %+v", theirs)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, option := range map[string]wrapper.Option{
		"wrapper: base URL must be absolute":           wrapper.WithBaseURL("api.example.com"),
		"wrapper: base URL must be absolute, such":     wrapper.WithBaseURL(""),
		"wrapper: base URL must have no user":          wrapper.WithBaseURL("https://user:password@example.com"),
		"wrapper: base URL must have no user, query":   wrapper.WithBaseURL("https://example.com?x"),
		"wrapper: base URL must be https":              wrapper.WithBaseURL("http://example.com"),
		"wrapper: base URL must be https (or http":     wrapper.WithBaseURL("ftp://localhost"),
		"wrapper: WithHTTPClient needs a client":       wrapper.WithHTTPClient(nil),
		"wrapper: WithLogger needs a logger":           wrapper.WithLogger(nil),
		"wrapper: user agent must be printable ASCII":  wrapper.WithUserAgent("a\nb"),
		"wrapper: user agent must be printable":        wrapper.WithUserAgent(""),
		"wrapper: retry policy must have no negative":  wrapper.WithRetry(wrapper.Retry{Attempts: -1}),
		"wrapper: retry policy must have no negative ": wrapper.WithRetry(wrapper.Retry{MaxWait: -time.Second}),
		"wrapper: retry policy must have no negativ":   wrapper.WithRetry(wrapper.Retry{Timeout: -time.Second}),
		"wrapper: retry policy must have no negati":    wrapper.WithRetry(wrapper.Retry{Backoff: -time.Second}),
	} {
		client, err := wrapper.NewClient(fixedToken("token"), option)
		if client != nil || err == nil || len(err.Error()) < len(name) || err.Error()[:len(name)] != name {
			t.Errorf("got %v, want %s", err, name)
		}
	}
	if _, err := wrapper.NewClient(nil); err == nil {
		t.Error("a client without tokens")
	}
	for _, bad := range []string{
		"https://example.com/#", "https://example.com/prefix#", "https://:443", "https://example.com?",
		"https://example.com:99999", "http://10.0.0.1", "http://0.0.0.0", "http://localhost.", "http://[::1%25lo]",
	} {
		if _, err := wrapper.NewClient(fixedToken("token"), wrapper.WithBaseURL(bad)); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
	for _, good := range []string{
		"https://example.com", "http://LOCALHOST:1", "https://example.com/proxy/", "http://127.0.0.1:1",
		"http://localhost:8080/", "http://[::1]:1",
	} {
		if _, err := wrapper.NewClient(fixedToken("token"), wrapper.WithBaseURL(good)); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
}

// TestBodyIsCapped: of a body without end, little more than the cap is read.
func TestBodyIsCapped(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusConflict} {
		body := &endless{}
		client := transportClient(t, func(req *http.Request) (*http.Response, error) {
			resp, _ := newCanned(status, "").RoundTrip(req)
			resp.Body, resp.ContentLength = body, -1
			return resp, nil
		}, wrapper.WithRetry(wrapper.Retry{Attempts: 1}))
		if _, err := client.MarketplaceWebhooks.List(t.Context()); err == nil || !body.closed || body.read > 2<<20 {
			t.Errorf("%d: read %d bytes, closed %v: %v", status, body.read, body.closed, err)
		}
	}
}

// endless is a body that would fill the memory, but for a limit that lets the
// test fail instead.
type endless struct {
	read   int
	closed bool
}

func (e *endless) Read(p []byte) (int, error) {
	if e.read > 64<<20 {
		return 0, io.EOF
	}
	e.read += len(p)
	return len(p), nil
}

func (e *endless) Close() error { e.closed = true; return nil }
