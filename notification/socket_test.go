package notification_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

// dial connects to a receiver whose function must not be called.
func dial(t *testing.T, opts ...notification.Option) (conn *net.TCPConn, server *httptest.Server) {
	t.Helper()
	server = httptest.NewServer(newHandler(t, func(context.Context, *notification.Notification) error {
		t.Error("the function was called")
		return nil
	}, opts...))
	t.Cleanup(server.Close)
	raw, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	// A bound for a broken receiver only; a good one responds at once.
	if err := raw.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return raw.(*net.TCPConn), server
}

func statusOn(t *testing.T, conn net.Conn) int {
	t.Helper()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// TestResponseBeforeTheBody announces a body and never sends it.
func TestResponseBeforeTheBody(t *testing.T) {
	wellFormed := "X-Apple-Signature: hmacsha256=" + strings.Repeat("0", 64) + "\r\n"
	for _, test := range []struct {
		name, method, headers string
		size, status          int
	}{
		{"method", "PUT", wellFormed, 100, 405},
		{"no signature", "POST", "", 100, 401},
		{"badly formed signature", "POST", "X-Apple-Signature: hmacsha256=00\r\n", 100, 401},
		{"two signatures", "POST", wellFormed + wellFormed, 100, 401},
		{"content encoding", "POST", wellFormed + "Content-Encoding: gzip\r\n", 100, 415},
		{"declared size", "POST", wellFormed, 64<<10 + 1, 413},
	} {
		t.Run(test.name, func(t *testing.T) {
			conn, _ := dial(t)
			fmt.Fprintf(conn, "%s / HTTP/1.1\r\nHost: x\r\n%sContent-Length: %d\r\n\r\n", test.method, test.headers, test.size)
			if status := statusOn(t, conn); status != test.status {
				t.Errorf("got %d, want %d", status, test.status)
			}
		})
	}
}

// TestConnectionAfterTooMuch: a body that turns out to be over the limit is not
// received to its end, so that the connection can't be used again.
func TestConnectionAfterTooMuch(t *testing.T) {
	conn, _ := dial(t)
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nX-Apple-Signature: hmacsha256=%064d\r\n", 0)
	fmt.Fprintf(conn, "Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", 64<<10+1, make([]byte, 64<<10+1))
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusRequestEntityTooLarge || !response.Close {
		t.Errorf("got %d, close %t", response.StatusCode, response.Close)
	}
}

// TestCutShort sends a body that is signed as far as it goes, and ends early.
func TestCutShort(t *testing.T) {
	body := fixtures(t)["app_unavailable.json"]
	head := "POST / HTTP/1.1\r\nHost: x\r\nX-Apple-Signature: " + notification.Sign([]byte(newSecret), body) + "\r\n"
	for name, request := range map[string]string{
		"declared size":    fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(body)+1, body),
		"half of it":       fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(body), body[:len(body)/2]),
		"chunked":          fmt.Sprintf("%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", head, len(body), body),
		"a bad chunk":      fmt.Sprintf("%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\nzz\r\n", head, len(body), body),
		"within the chunk": fmt.Sprintf("%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s", head, len(body)+1, body),
	} {
		t.Run(name, func(t *testing.T) {
			outcomes := make(chan notification.Outcome, 1)
			conn, _ := dial(t, observeTo(outcomes))
			if _, err := conn.Write([]byte(request)); err != nil {
				t.Fatal(err)
			}
			if err := conn.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			if status := statusOn(t, conn); status != http.StatusBadRequest {
				t.Errorf("got %d", status)
			}
			cause := io.ErrUnexpectedEOF
			if name == "a bad chunk" {
				cause = nil // one that net/http does not export
			}
			if o := <-outcomes; o.Reason != "body cut short" || o.Err == nil || cause != nil && !errors.Is(o.Err, cause) {
				t.Errorf("observed %+v, want the cause %v", o, cause)
			}
		})
	}
}

// TestReset breaks the connection within the body: nobody is left to respond to,
// and nothing is handled.
func TestReset(t *testing.T) {
	body := fixtures(t)["app_unavailable.json"]
	conn, server := dial(t)
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nX-Apple-Signature: %s\r\nContent-Length: %d\r\n\r\n%s",
		notification.Sign([]byte(newSecret), body), len(body)+1, body)
	if err := conn.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	server.Close() // waits until the request is done with
}
