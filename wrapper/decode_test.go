package wrapper_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestBodySizes: the cap is 1 MiB, and a Content-Length that lies allocates
// nothing like it.
func TestBodySizes(t *testing.T) {
	for size, good := range map[int]bool{200 << 10: true, 1 << 20: true, 1<<20 + 1: false} {
		body := cannedList().body
		client := cannedClient(t, newCanned(200, body+strings.Repeat(" ", size-len(body))), quick)
		_, err := client.MarketplaceWebhooks.List(t.Context())
		if (err == nil) != good || !good && !is[*wrapper.UnexpectedResponseError](err) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	// A Content-Length that lies allocates nothing like it.
	client := transportClient(t, func(req *http.Request) (*http.Response, error) {
		resp, err := cannedList().RoundTrip(req)
		resp.ContentLength = 1 << 62
		return resp, err
	})
	if _, err := client.MarketplaceWebhooks.List(t.Context()); err != nil {
		t.Error(err)
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

// TestRequestID: one of two headers, printable and bounded.
func TestRequestID(t *testing.T) {
	for header, want := range map[string]string{"X-Request-Id": "one 2", "X-Apple-Request-Uuid": "one 2"} {
		response := newCanned(403, "")
		response.header[header] = []string{"one\x7f2" + strings.Repeat(" ", 200)}
		_, err := cannedClient(t, response).MarketplaceWebhooks.List(t.Context())
		apiErr, ok := errors.AsType[*wrapper.APIError](err)
		if !ok || apiErr.RequestID != want || !strings.HasSuffix(err.Error(), "[request "+want+"]") {
			t.Errorf("%s: got %v, want the request ID %q", header, err, want)
		}
	}
	response := newCanned(403, "")
	response.header.Set("X-Request-Id", strings.Repeat("a", 300))
	_, err := cannedClient(t, response).MarketplaceWebhooks.List(t.Context())
	if apiErr, _ := errors.AsType[*wrapper.APIError](err); len(apiErr.RequestID) != 128 {
		t.Errorf("%v", err)
	}
	response = newCanned(202, "")
	response.header.Set("X-Request-Id", "one")
	_, err = cannedClient(t, response, quick).MarketplaceWebhooks.List(t.Context())
	if !is[*wrapper.UnexpectedResponseError](err) || !strings.HasSuffix(err.Error(), "[request one]") {
		t.Errorf("an unexpected response: got %v", err)
	}
}

// TestReasonQuotesNothing: a value of the response is not in the error.
func TestReasonQuotesNothing(t *testing.T) {
	_, err := cannedClient(t, newCanned(200, `{"data":1234567890}`), quick).MarketplaceWebhooks.List(t.Context())
	unexpected, ok := errors.AsType[*wrapper.UnexpectedResponseError](err)
	if !ok || unexpected.Reason != "data has the wrong JSON type" {
		t.Errorf("got %v", err)
	}
}
