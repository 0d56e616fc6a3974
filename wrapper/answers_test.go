package wrapper_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// transportClient is a client whose requests go to rt.
func transportClient(t *testing.T, rt roundTripper, opts ...wrapper.Option) *wrapper.Client {
	t.Helper()
	opts = append(opts, wrapper.WithHTTPClient(&http.Client{Transport: rt}))
	client, err := wrapper.NewClient(fixedToken("token"), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

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

// TestContentTypes: what counts as JSON.
func TestContentTypes(t *testing.T) {
	for contentType, good := range map[string]bool{
		"application/json": true, "Application/JSON ; charset=utf-8": true,
		"application/vnd.api+json": true, "application/problem+json;v=1": true,
		"": false, "text/json": false, "text/html+json": false, "application/jsonp": false, "application/json-seq": false,
	} {
		answer := cannedList()
		answer.header.Set("Content-Type", contentType)
		if _, err := cannedClient(t, answer, quick).MarketplaceWebhooks.List(t.Context()); (err == nil) != good {
			t.Errorf("%q: %v", contentType, err)
		}
	}
}

// TestWhichStatusesAreRetried: those that a server means to be transient.
func TestWhichStatusesAreRetried(t *testing.T) {
	for status, want := range map[int]int{500: 4, 502: 4, 503: 4, 504: 4, 501: 1, 505: 1, 599: 1, 400: 1, 410: 1, 418: 1} {
		n := 0
		client := transportClient(t, func(req *http.Request) (*http.Response, error) {
			n++
			return newCanned(status, "").RoundTrip(req)
		}, quick)
		_, err := client.MarketplaceWebhooks.List(t.Context())
		if !is[*wrapper.APIError](err) || n != want {
			t.Errorf("%d: %d attempts, %v", status, n, err)
		}
	}
}

// TestArrayAnswers: an array of one is good, of none or two is odd.
func TestArrayAnswers(t *testing.T) {
	for n := range 3 {
		body := `{"data":[` + strings.TrimSuffix(strings.Repeat(resource+",", n), ",") + `]}`
		_, err := cannedClient(t, newCanned(201, body)).MarketplaceWebhooks.Create(t.Context(), params(endpointURL, "s"))
		if (err == nil) != (n == 1) {
			t.Errorf("%d: got %v", n, err)
		}
		if err != nil && (!is[*wrapper.OutcomeUnknownError](err) || !is[*wrapper.UnexpectedResponseError](err)) {
			t.Errorf("%d: got %v, want it unexpected and unknown", n, err)
		}
	}
}

// TestReasonQuotesNothing: a value of the answer is not in the error.
func TestReasonQuotesNothing(t *testing.T) {
	_, err := cannedClient(t, newCanned(200, `{"data":1234567890}`), quick).MarketplaceWebhooks.List(t.Context())
	unexpected, ok := errors.AsType[*wrapper.UnexpectedResponseError](err)
	if !ok || unexpected.Reason != "data has the wrong JSON type" {
		t.Errorf("got %v", err)
	}
}

// TestTwoWebhooks: Get does not choose among several.
func TestTwoWebhooks(t *testing.T) {
	client := cannedClient(t, newCanned(200, `{"data":[`+resource+`,`+resource+`]}`), quick)
	if _, err := client.MarketplaceWebhooks.Get(t.Context()); !is[*wrapper.UnexpectedResponseError](err) {
		t.Errorf("%v", err)
	}
}

// TestUpdateAnsweredWithAnotherWebhook: nobody knows what was changed then.
func TestUpdateAnsweredWithAnotherWebhook(t *testing.T) {
	const other = `{"type":"marketplaceWebhooks","id":"other","attributes":{"endpointUrl":"https://x.example"}}`
	client := cannedClient(t, newCanned(200, `{"data":`+other+`}`), quick)
	got, err := client.MarketplaceWebhooks.Update(t.Context(), "mine", params(endpointURL, ""))
	if !is[*wrapper.UnexpectedResponseError](err) {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestRequestID: one of two headers, printable and bounded.
func TestRequestID(t *testing.T) {
	for header, want := range map[string]string{"X-Request-Id": "one 2", "X-Apple-Request-Uuid": "one 2"} {
		answer := newCanned(403, "")
		answer.header[header] = []string{"one\x7f2" + strings.Repeat(" ", 200)}
		_, err := cannedClient(t, answer).MarketplaceWebhooks.List(t.Context())
		apiErr, ok := errors.AsType[*wrapper.APIError](err)
		if !ok || apiErr.RequestID != want || !endsWith(err, "[request "+want+"]") {
			t.Errorf("%s: got %v, want the request ID %q", header, err, want)
		}
	}
	answer := newCanned(403, "")
	answer.header.Set("X-Request-Id", strings.Repeat("a", 300))
	_, err := cannedClient(t, answer).MarketplaceWebhooks.List(t.Context())
	if apiErr, _ := errors.AsType[*wrapper.APIError](err); len(apiErr.RequestID) != 128 {
		t.Errorf("%v", err)
	}
}

// TestHeaders: what every request says.
func TestHeaders(t *testing.T) {
	server := asctest.NewServer(t)
	client := connect(t, server, wrapper.WithUserAgent("agent/1"))
	for _, operation := range allOperations {
		id := prepare(server, operation)
		if err := perform(t, client, operation, id); err != nil {
			t.Fatal(err)
		}
		requests := server.Exchanges()
		request := requests[len(requests)-1]
		h, hasBody := request.Header, request.Method == http.MethodPost || request.Method == http.MethodPatch
		if h.Get("Accept") != "application/json" || h.Get("User-Agent") != "agent/1" {
			t.Errorf("%s: %v", operation, h)
		}
		if got := h.Get("Content-Type") == "application/json"; got != hasBody {
			t.Errorf("%s: Content-Type %q", operation, h.Get("Content-Type"))
		}
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
