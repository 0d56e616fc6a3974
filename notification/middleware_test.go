package notification_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/notification"
)

// TestMiddlewareReadsTheBody: what is left of it can't be verified, and the
// outcome says whose fault that is. Bytes that are put back are as good as new.
func TestMiddlewareReadsTheBody(t *testing.T) {
	body := fixtures(t)["app_unavailable.json"]
	drain := func(r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }
	for _, test := range []struct {
		name   string
		read   func(*http.Request)
		status int
		reason string
	}{
		{"all", drain, 400, "body read by other code"},
		{"a part", func(r *http.Request) { _, _ = io.CopyN(io.Discard, r.Body, 10) }, 400, "body read by other code"},
		{"all, and closes it", func(r *http.Request) { drain(r); _ = r.Body.Close() }, 400, "body read by other code"},
		{"all, and puts it back", func(r *http.Request) {
			drain(r)
			r.Body = io.NopCloser(bytes.NewReader(body))
		}, 200, "handled"},
		{"all, and puts back something shorter that was signed", func(r *http.Request) {
			drain(r)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body)+1)
		}, 200, "handled"},
		{"up to a limit below the size", func(r *http.Request) {
			r.Body = http.MaxBytesReader(nil, r.Body, 10)
		}, 413, "body size"},
	} {
		outcomes := make(chan notification.Outcome, 1)
		h := newHandler(t, takeAll, observeTo(outcomes))
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			test.read(r)
			h.ServeHTTP(w, r)
		}))
		status := deliver(t, server.Client(), server.URL, newSecret, body)
		o := <-outcomes
		if status != test.status || o.Reason != test.reason {
			t.Errorf("%s: got %d %q, want %d %q", test.name, status, o.Reason, test.status, test.reason)
		}
		if status == 400 && !strings.Contains(o.Err.Error(), "put the bytes back") {
			t.Errorf("%s: the error does not say what to do: %v", test.name, o.Err)
		}
		server.Close()
	}
}
