package sandbox_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/sandbox"
)

// oneConn is a listener with one connection, over a pipe.
type oneConn chan net.Conn

func (l oneConn) Accept() (net.Conn, error) {
	if conn, ok := <-l; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}
func (oneConn) Close() error   { return nil }
func (oneConn) Addr() net.Addr { return &net.UnixAddr{Net: "pipe"} }

type slowReceiver struct{}

func (slowReceiver) RoundTrip(*http.Request) (*http.Response, error) {
	time.Sleep(9 * time.Second)
	return httptest.NewRecorder().Result(), nil
}

// TestBodiesHaveTenSeconds; what is done with one may take longer, and the connection stays.
func TestBodiesHaveTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, err := sandbox.New(asctest.Settings{DeliveryTransport: slowReceiver{}},
			asctest.MarketplaceWebhook{EndpointURL: "https://a.example", Secret: secret})
		if err != nil {
			t.Fatal(err)
		}
		listener := make(oneConn, 1)
		client, end := net.Pipe()
		listener <- end
		server := &http.Server{Handler: box}
		go func() { _ = server.Serve(listener) }()
		defer time.Sleep(time.Second) // net/http waits after it has closed a connection
		defer func() { _ = client.Close(); close(listener); _ = server.Close() }()
		responses := bufio.NewReader(client)
		request := func(head, body string) (*http.Response, string, time.Duration) {
			t.Helper()
			start := time.Now()
			if _, err := io.WriteString(client, head+"\r\nHost: localhost\r\nContent-Type: application/json\r\n\r\n"+body); err != nil {
				t.Fatal(err)
			}
			response, err := http.ReadResponse(responses, nil)
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(response.Body)
			_ = response.Body.Close()
			return response, string(text), time.Since(start)
		}
		const twice = `{"type":"AppUnavailable","copies":2}`
		response, text, took := request("POST /notifications HTTP/1.1\r\nContent-Length: 36", twice) //nolint:bodyclose // it is closed
		if response.StatusCode != http.StatusCreated || took != 18*time.Second || response.Close {
			t.Errorf("after %v: %d %s", took, response.StatusCode, text)
		}
		response, text, took = request("PUT /state HTTP/1.1\r\nContent-Length: 100", "{") //nolint:bodyclose // it is closed
		if response.StatusCode != http.StatusRequestTimeout || took != 10*time.Second ||
			!strings.Contains(text, "was not sent within 10s") {
			t.Errorf("after %v: %d %s", took, response.StatusCode, text)
		}
	})
}
