package wrapper_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// deafBody never ends, whatever its request's context does.
type deafBody struct{ ctx context.Context }

func (b deafBody) Read([]byte) (int, error) { <-b.ctx.Done(); return 0, io.EOF }
func (b deafBody) Close() error             { return nil }

// TestStatusBelow200: an invalid response, whose body is closed without reading.
func TestStatusBelow200(t *testing.T) {
	for status := 100; status < 200; status++ {
		synctest.Test(t, func(t *testing.T) {
			for _, operation := range []asctest.Operation{asctest.MarketplaceWebhooksCreate, asctest.MarketplaceWebhooksDelete} {
				aMinute, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				client := transportClient(t, func(req *http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: status, Header: http.Header{}, Body: deafBody{aMinute}, Request: req}, nil
				}, once)
				start := time.Now()
				err := perform(t, client, operation, "id")
				if !is[*wrapper.UnexpectedResponseError](err) || time.Since(start) > 30*time.Second {
					t.Errorf("%d to %s: after %v: %v", status, operation, time.Since(start), err)
				}
			}
		})
	}
}

// pipeClient is a client whose every connection is served by serve.
func pipeClient(t *testing.T, serve func(net.Conn), opts ...wrapper.Option) *wrapper.Client {
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			if req, err := http.ReadRequest(bufio.NewReader(server)); err == nil {
				_, _ = io.Copy(io.Discard, req.Body)
				serve(server)
			}
		}()
		return client, nil
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return newClient(t, fixedToken("token"), append(opts, wrapper.WithBaseURL("http://localhost"), over(transport))...)
}

// TestSwitchingProtocols: over HTTP/1.1 too, a 101 ends the call.
func TestSwitchingProtocols(t *testing.T) {
	for _, operation := range []asctest.Operation{asctest.MarketplaceWebhooksCreate, asctest.MarketplaceWebhooksList} {
		synctest.Test(t, func(t *testing.T) {
			client := pipeClient(t, func(conn net.Conn) {
				_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
				_ = conn.SetReadDeadline(time.Now().Add(time.Hour))
				_, _ = io.Copy(io.Discard, conn)
			}, once)
			start := time.Now()
			err := perform(t, client, operation, "id")
			if !is[*wrapper.UnexpectedResponseError](err) || time.Since(start) > 30*time.Second {
				t.Errorf("%s: after %v: %v", operation, time.Since(start), err)
			}
		})
	}
}

// TestEarlyHintsWithoutEnd: the call ends at its Timeout, or at its context's deadline.
func TestEarlyHintsWithoutEnd(t *testing.T) {
	for _, deadline := range []time.Duration{10 * time.Second, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			client := pipeClient(t, func(conn net.Conn) {
				for {
					time.Sleep(time.Second)
					if _, err := io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\n\r\n"); err != nil {
						return
					}
				}
			}, once)
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			defer cancel()
			start := time.Now()
			_, err := client.MarketplaceWebhooks.Create(ctx, anyParams())
			if took := time.Since(start); !is[*wrapper.OutcomeUnknownError](err) || took > min(deadline, 30*time.Second) {
				t.Errorf("after %v: %v", took, err)
			}
			time.Sleep(2 * time.Second) // the server finds its connection closed
		})
	}
}

// slowSource takes its time, and gives up with the context.
type slowSource time.Duration

func (s slowSource) Token(ctx context.Context) (string, error) {
	select {
	case <-time.After(time.Duration(s)):
		return "token", nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// TestSlowTokenSource: its time is none of the attempt's, and is bounded by the context.
func TestSlowTokenSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, slowSource(45*time.Second), over(roundTripper(func(req *http.Request) (*http.Response, error) {
			if err := req.Context().Err(); err != nil {
				return nil, err
			}
			return cannedList().RoundTrip(req)
		})))
		start := time.Now()
		if _, err := client.MarketplaceWebhooks.List(t.Context()); err != nil || time.Since(start) != 45*time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start = time.Now()
		if _, err := client.MarketplaceWebhooks.List(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

// TestNoAdviceForOthers: what net/http advises is for whoever builds the request.
func TestNoAdviceForOthers(t *testing.T) {
	cause := errors.New("http2: Transport: cannot retry err [REFUSED_STREAM] after Request.Body was written; " +
		"define Request.GetBody to avoid this error")
	client := transportClient(t, func(*http.Request) (*http.Response, error) { return nil, cause }, once)
	err := perform(t, client, asctest.MarketplaceWebhooksCreate, "")
	if !errors.Is(err, cause) || !strings.HasSuffix(err.Error(), "after Request.Body was written") {
		t.Errorf("got %v", err)
	}
}
