package asctest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
)

// witness is a TB that notes its failures instead of failing.
type witness struct {
	testing.TB
	failures []string
}

func (w *witness) Errorf(format string, args ...any) {
	w.failures = append(w.failures, fmt.Sprintf(format, args...))
}

func TestTransportLetsGoodTrafficPass(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	c.client = &http.Client{Transport: asctest.Transport(t, c.client.Transport)}
	id := c.create()
	c.call("GET", collection+"?limit=1", "")
	c.call("PATCH", collection+"/"+id, `{"data":{"type":"marketplaceWebhooks","id":"`+id+`"}}`)
	c.call("DELETE", collection+"/"+id, "")
	if n := len(c.server.Exchanges()); n != 4 {
		t.Errorf("%d requests arrived", n)
	}
}

func TestTransportNamesWhatIsBroken(t *testing.T) {
	t.Parallel()
	const create = "asctest: marketplaceWebhooks_createInstance request"
	tests := []struct {
		method, path, body, want string
	}{
		{"POST", collection, strings.Replace(createBody, "endpointUrl", "endpointURL", 1), create + `, /data/attributes/endpointURL: properties: property "endpointURL" is unsupported`},
		{"POST", collection, strings.Replace(createBody, "endpointUrl", "endpointURL", 1), create + `, /data/attributes/endpointUrl: required: property "endpointUrl" is missing`},
		{"POST", collection, strings.Replace(createBody, "https://example.com", "", 1), create + ", /data/attributes/endpointUrl: format: "},
		{"POST", collection, strings.Replace(createBody, `"type":"marketplaceWebhooks",`, "", 1), create + ", /data/type: required: "},
		{"POST", collection, strings.Replace(createBody, "canary-5ecret", "", 1), create + ", /data/attributes/secret: not empty"},
		{"POST", collection, createBody + "null", create + ": the body is one JSON value"},
		{"POST", collection, "", create + ": the body is application/json"},
		{"GET", collection + "?limit=0", "", "marketplaceWebhooks_getCollection request: parameter limit: a whole number from 1"},
		{"GET", collection + "?limit=900", "", "parameter limit: maximum: "},
		{"GET", collection + "?sort=id", "", `parameter "sort": unknown to the operation`},
		{"GET", collection + "?limit=1&limit=2", "", "parameter limit: given once"},
		{"GET", collection + "?limit=%zz", "", "query: correctly escaped"},
		{"DELETE", collection + "/%2E%2E", "", "request: the document has no such operation"},
		{"GET", collection + "/7", "", "asctest: GET /v1/marketplaceWebhooks/7 request: the document has no such operation"},
	}
	for _, test := range tests {
		c := newCaller(t)
		seen := &witness{TB: t}
		c.client = &http.Client{Transport: asctest.Transport(seen, c.client.Transport)}
		got := c.call(test.method, test.path, test.body)
		all := strings.Join(seen.failures, "\n")
		if !strings.Contains(all, test.want) {
			t.Errorf("%s %s %s\n got: %s\nwant: %s", test.method, test.path, test.body, all, test.want)
		}
		if strings.Contains(all, "canary") || got.StatusCode < 400 {
			t.Errorf("%s: status %d, said %s", test.body, got.StatusCode, all)
		}
	}
}

func TestTransportAsksForAToken(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	seen := &witness{TB: t}
	c.client = &http.Client{Transport: asctest.Transport(seen, c.client.Transport)}
	r := c.request("GET", collection, "")
	r.Header.Del("Authorization")
	c.send(r)
	if len(seen.failures) != 1 || !strings.Contains(seen.failures[0], "Authorization") {
		t.Errorf("said %q", seen.failures)
	}
}

func TestTransportJudgesResponses(t *testing.T) {
	t.Parallel()
	seen := &witness{TB: t}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"data":[{"type":"marketplaceWebhooks"}],"links":{"self":"/"}}`))
	}))
	defer server.Close()
	c := newCaller(t)
	r := c.request("GET", collection, "")
	r.URL.Host = strings.TrimPrefix(server.URL, "http://")
	c.client = &http.Client{Transport: asctest.Transport(seen, server.Client().Transport)}
	got := c.send(r)
	if len(seen.failures) != 1 || !strings.Contains(seen.failures[0], `getCollection response 200, /data/0/id: required: property "id" is missing`) {
		t.Errorf("said %q", seen.failures)
	}
	if !strings.HasPrefix(got.body, `{"data":[{`) {
		t.Errorf("the body arrived as %s", got.body)
	}
}

func TestTransportPassesOnWhatItCantJudge(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	c.client = &http.Client{Transport: asctest.Transport(t, c.client.Transport)}
	c.server.FailNext(asctest.Fault{Kind: asctest.FaultTruncatedBody}, asctest.Fault{Kind: asctest.FaultEndlessBody})
	if status, _, body, err := c.fetch("GET", collection, ""); status != 200 || body == "" ||
		!errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("truncated: %d %q %v", status, body, err)
	}
	if _, _, body, err := c.fetch("GET", collection, ""); len(body) != 2<<20 || err != nil {
		t.Errorf("endless: %d bytes, %v", len(body), err)
	}
	c.server.FailNext(asctest.Fault{Kind: asctest.FaultResetBeforeHeaders})
	if _, _, _, err := c.fetch("GET", collection, ""); err == nil {
		t.Error("no error from a reset")
	}
}

// TestTransportForgivesFaults: what a test has asked for does not fail it.
func TestTransportForgivesFaults(t *testing.T) {
	t.Parallel()
	for _, kind := range asctest.FaultKinds() {
		for _, method := range []string{"GET", "POST"} {
			c := newCaller(t)
			c.client = &http.Client{Transport: asctest.Transport(t, c.client.Transport), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
			c.server.FailNext(asctest.Fault{Kind: kind})
			body := ""
			if method == "POST" {
				body = createBody
			}
			_, _, _, _ = c.fetch(method, collection, body)
		}
	}
}
