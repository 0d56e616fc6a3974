package asctest_test

import (
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
)

// fetch returns what a client sees; the status is 0 if no header came.
func (c *caller) fetch(method, path, body string) (status int, header http.Header, got string, err error) {
	response, err := c.client.Do(c.request(method, path, body))
	if err != nil {
		return 0, nil, "", err
	}
	defer response.Body.Close()
	b, err := io.ReadAll(io.LimitReader(response.Body, 2<<20))
	return response.StatusCode, response.Header, string(b), err
}

// cut tells the kinds whose body is not JSON although it is called so.
func cut(kind asctest.FaultKind) bool {
	switch kind {
	case asctest.FaultResetMidBody, asctest.FaultTruncatedBody, asctest.FaultCloseDelimited, asctest.FaultInvalidJSON,
		asctest.FaultEmptyBody, asctest.FaultEndlessBody, asctest.FaultGzipBomb, asctest.FaultRedirect:
		return true
	}
	return false
}

func TestFaultsAsAClientSeesThem(t *testing.T) {
	t.Parallel()
	const json = "application/json"
	tests := []struct {
		fault   asctest.Fault
		status  int
		media   string
		body    string // how it begins
		failure error  // what ends it
	}{
		{asctest.Fault{}, 500, json, `{"errors":[{"id":`, nil},
		{asctest.Fault{Status: 429, Header: http.Header{"Retry-After": {"120"}}}, 429, json, `{"errors":`, nil},
		{asctest.Fault{Status: 403, Code: "FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED"}, 403, json, `{"errors":`, nil},
		{asctest.Fault{Status: 409, Body: `{"errors":[{}]}`}, 409, json, `{"errors":[{}]}`, nil},
		{asctest.Fault{Kind: asctest.FaultLate}, 201, json, `{"data":{"type"`, nil},
		{asctest.Fault{Kind: asctest.FaultLateBody}, 201, json, `{"data":{"type"`, nil},
		{asctest.Fault{Kind: asctest.FaultResetBeforeHeaders}, 0, "", "", io.EOF},
		{asctest.Fault{Kind: asctest.FaultResetMidBody}, 201, json, `{"data":{"type"`, syscall.ECONNRESET},
		{asctest.Fault{Kind: asctest.FaultTruncatedBody}, 201, json, `{"data":{"type"`, io.ErrUnexpectedEOF},
		{asctest.Fault{Kind: asctest.FaultCloseDelimited}, 201, json, `{"data":{"type"`, nil},
		{asctest.Fault{Kind: asctest.FaultHTMLPage}, 502, "text/html", "<!DOCTYPE html>", nil},
		{asctest.Fault{Kind: asctest.FaultPlainText, Status: 503}, 503, "text/plain", "upstream", nil},
		{asctest.Fault{Kind: asctest.FaultEmptyBody}, 201, json, "", nil},
		{asctest.Fault{Kind: asctest.FaultWrongContentType}, 201, "text/html", `{"data":{"type"`, nil},
		{asctest.Fault{Kind: asctest.FaultInvalidJSON}, 201, json, `{"data":`, nil},
		{asctest.Fault{Kind: asctest.FaultNullData}, 201, json, `null`, nil},
		{asctest.Fault{Kind: asctest.FaultWrongType}, 201, json, `{"data":{"type":"apps"`, nil},
		{asctest.Fault{Kind: asctest.FaultNoID}, 201, json, `{"data":{"type":"marketplaceWebhooks","attributes"`, nil},
		{asctest.Fault{Kind: asctest.FaultEndlessBody}, 201, json, `{"data":[   `, nil},
		{asctest.Fault{Kind: asctest.FaultGzipBomb}, 201, json, `     `, nil},
		{asctest.Fault{Kind: asctest.FaultAssociatedErrors}, 409, json, `{"errors":[{"id":`, nil},
		{asctest.Fault{Kind: asctest.FaultSeeLink, Status: 403}, 403, json, `{"errors":[{"id":`, nil},
		{asctest.Fault{Kind: asctest.FaultRedirect, Status: 308}, 308, json, "", nil},
	}
	seen := map[asctest.FaultKind]bool{}
	for _, test := range tests {
		seen[test.fault.Kind] = true
		for _, applied := range []bool{false, true} {
			c := newCaller(t)
			c.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			test.fault.Applied = applied
			c.server.FailNext(test.fault)
			status, header, body, err := c.fetch("POST", collection, createBody)
			reset := errors.Is(err, syscall.ECONNRESET) // before headers either is possible
			if status != test.status || !strings.HasPrefix(body, test.body) || header.Get("Content-Type") != test.media ||
				!errors.Is(err, test.failure) && (status != 0 || !reset) {
				t.Errorf("%+v: %d %s %.80s %v", test.fault, status, header.Get("Content-Type"), body, err)
			}
			if whole := stdjson.Valid([]byte(body)); whole == cut(test.fault.Kind) && header.Get("Content-Type") == json {
				t.Errorf("%+v: the body is valid JSON: %v", test.fault, whole)
			}
			_, registered := c.server.MarketplaceWebhook()
			late := test.fault.Kind == asctest.FaultLate || test.fault.Kind == asctest.FaultLateBody
			if registered != (applied || late) {
				t.Errorf("%+v: registered: %v", test.fault, registered)
			}
			if status, _, body, _ = c.fetch("GET", collection, ""); status != 200 || !strings.Contains(body, `"total"`) {
				t.Errorf("%+v: the call after it: %d %s", test.fault, status, body)
			}
		}
	}
	for _, kind := range asctest.FaultKinds() {
		if !seen[kind] {
			t.Errorf("kind %q is not in the table", kind)
		}
	}
}

// TestUnknownKindOfFault: a kind that is misspelt must not be taken for another.
func TestUnknownKindOfFault(t *testing.T) {
	t.Parallel()
	told := &witness{TB: t}
	server := asctest.NewServer(told)
	server.FailNext(asctest.Fault{Kind: "Redirect"})
	if want := `asctest: kind: must be one of error, late, `; len(told.failures) != 1 ||
		!strings.HasPrefix(told.failures[0], want) {
		t.Errorf("told %q, want %q", told.failures, want)
	}
	source := asctest.Settings{Faults: func(asctest.Exchange) *asctest.Fault { return &asctest.Fault{Kind: "late body "} }}
	told = &witness{TB: t}
	c := newCallerOf(t, asctest.NewServer(told, source))
	if status, _, _, err := c.fetch("GET", collection, ""); err != nil || status != 200 || len(told.failures) != 1 {
		t.Errorf("status %d, %v, told %q", status, err, told.failures)
	}
}

// TestAFaultOfSettingsMayBeShared: a response without a body, which can't be cut in the middle, does not change it.
func TestAFaultOfSettingsMayBeShared(t *testing.T) {
	t.Parallel()
	shared := &asctest.Fault{Kind: asctest.FaultResetMidBody}
	c := newCaller(t, asctest.MarketplaceWebhook{ID: "7", EndpointURL: "https://e.com"},
		asctest.Settings{Faults: func(asctest.Exchange) *asctest.Fault { return shared }})
	_, _, _, err := c.fetch("DELETE", collection+"/7", "")
	if err == nil || shared.Kind != asctest.FaultResetMidBody {
		t.Errorf("%v, the fault is %q", err, shared.Kind)
	}
}

// TestAFaultIsForAuthenticatedCalls: one without a good token uses up none.
func TestAFaultIsForAuthenticatedCalls(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	c.server.FailNext(asctest.Fault{Status: 503})
	anonymous := c.request("GET", collection, "")
	anonymous.Header.Set("Authorization", "Bearer nothing")
	statuses := []int{c.send(anonymous).StatusCode, c.call("GET", collection, "").StatusCode, c.call("GET", collection, "").StatusCode}
	if got := fmt.Sprint(statuses); got != "[401 503 200]" {
		t.Errorf("statuses %s", got)
	}
}

func TestFaultsCountAndChooseTheirCalls(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	c.server.FailNext(
		asctest.Fault{Operation: asctest.MarketplaceWebhooksList, Times: 2, Status: 503},
		asctest.Fault{Operation: asctest.MarketplaceWebhooksCreate, Header: http.Header{"Date": nil, "X-Rate-Limit": nil, "retry-after": {"7"}}},
		asctest.Fault{Times: -1, Status: 418},
	)
	statuses := []int{
		c.call("GET", collection, "").StatusCode, c.call("GET", collection, "").StatusCode, c.call("GET", collection, "").StatusCode,
	}
	created := c.call("POST", collection, createBody)
	statuses = append(statuses, created.StatusCode, c.call("PUT", "/", "").StatusCode)
	_ = c.server.Update(func(s *asctest.State) { s.Faults = nil })
	statuses = append(statuses, c.call("GET", collection, "").StatusCode)
	if got := fmt.Sprint(statuses); got != "[503 503 418 500 418 200]" {
		t.Errorf("statuses %s", got)
	}
	if h := created.Header; h.Get("Date") != "" || h.Get("X-Rate-Limit") != "" || h.Get("Retry-After") != "7" {
		t.Errorf("headers %v", h)
	}
}

func TestManyCallersAndRandomFaults(t *testing.T) {
	t.Parallel()
	kinds := asctest.FaultKinds()
	var asked atomic.Int64
	c := newCaller(t, asctest.Settings{RateLimit: 1 << 20, Faults: func(r asctest.Exchange) *asctest.Fault {
		asked.Add(1)
		if r.Operation != asctest.MarketplaceWebhooksList || rand.IntN(5) > 0 {
			return nil
		}
		return &asctest.Fault{Kind: kinds[rand.IntN(len(kinds))]}
	}})
	c.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	id := c.create()
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for range 20 {
				_, _, _, _ = c.fetch("GET", collection, "")
				body := fmt.Sprintf(`{"data":{"type":"marketplaceWebhooks","id":"%s","attributes":{"endpointUrl":"https://example.com/%d"}}}`, id, worker)
				if got := c.call("PATCH", collection+"/"+id, body); got.StatusCode != http.StatusOK ||
					!strings.Contains(got.body, fmt.Sprintf("example.com/%d", worker)) {
					t.Errorf("worker %d: %d %s", worker, got.StatusCode, got.body)
				}
			}
		})
	}
	wg.Wait()
	// net/http may send a GET again when a kept connection is reset.
	if n := len(c.server.Exchanges()); n < 321 || int64(n) != asked.Load() {
		t.Errorf("%d recorded, %d asked for a fault", n, asked.Load())
	}
}
