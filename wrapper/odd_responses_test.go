package wrapper_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// bodiless answers with a status and a nil Body, as mocks do.
func bodiless(status int, sent *int) roundTripper {
	return func(req *http.Request) (*http.Response, error) {
		*sent++
		header := http.Header{"Content-Type": {"application/json"}}
		return &http.Response{StatusCode: status, Header: header, Request: req}, nil
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

// TestSeeOtherToACreate: 303 says that the request was carried out. The other
// redirects say that it was not.
func TestSeeOtherToACreate(t *testing.T) {
	for status, unknown := range map[int]bool{301: false, 302: false, 303: true, 307: false, 308: false} {
		err := perform(t, cannedClient(t, newCanned(status, "")), asctest.MarketplaceWebhooksCreate, "")
		if !is[*wrapper.UnexpectedResponseError](err) {
			t.Errorf("%d: got %v, want an UnexpectedResponseError", status, err)
		}
		if is[*wrapper.OutcomeUnknownError](err) != unknown {
			t.Errorf("%d: got %v, want unknown %v", status, err, unknown)
		}
	}
}

// TestPagesMatchNothing: neither a proxy's page nor another status matches
// what only App Store Connect can say.
func TestPagesMatchNothing(t *testing.T) {
	sentinels := map[int]error{
		401: wrapper.ErrNotAuthorized, 403: wrapper.ErrForbidden, 404: wrapper.ErrNotFound, 409: wrapper.ErrConflict,
		429: wrapper.ErrRateLimited,
	}
	for _, status := range []int{400, 401, 403, 404, 409, 422, 429} {
		for _, body := range []string{"<h1>No</h1>", "", `{"errors":[]}`, `{"errors":[{"code":"A"}]}`} {
			err := cannedClient(t, newCanned(status, body), quick).MarketplaceWebhooks.Delete(t.Context(), "id")
			for of, sentinel := range sentinels {
				whoever := status == 401 || status == 429
				want := of == status && (whoever || strings.Contains(body, "code"))
				if errors.Is(err, sentinel) != want {
					t.Errorf("%d %s: errors.Is(err, %q) is %v, want %v", status, body, sentinel, !want, want)
				}
			}
		}
	}
}

// TestServiceUnavailableForLong: 503 with a Retry-After over the cap is not
// waited for, and the APIError says how long it asked for.
func TestServiceUnavailableForLong(t *testing.T) {
	answer := newCanned(503, "")
	answer.header.Set("Retry-After", "120")
	start := time.Now()
	_, err := cannedClient(t, answer).MarketplaceWebhooks.List(t.Context())
	apiErr, ok := errors.AsType[*wrapper.APIError](err)
	if wait := apiErr.RetryAt.Sub(start); !ok || wait < 2*time.Minute || wait > 2*time.Minute+time.Second {
		t.Errorf("got %#v, want an APIError with a RetryAt in 2m", err)
	}
	if errors.Is(err, wrapper.ErrRateLimited) || time.Since(start) > time.Second {
		t.Errorf("got %T after %v, want a plain APIError at once", err, time.Since(start))
	}
}

// TestRetryAfterIsWaitedFor: a fraction, and the longest of several, are
// waited for in full.
func TestRetryAfterIsWaitedFor(t *testing.T) {
	for _, test := range []struct {
		values []string
		least  time.Duration
	}{
		{[]string{"1.5"}, 2 * time.Second},
		{[]string{"2", "9"}, 9 * time.Second},
		{[]string{"9", "2"}, 9 * time.Second},
		{[]string{"2, 9"}, 9 * time.Second},
		{[]string{"soon", "4"}, 4 * time.Second},
		{[]string{"DATE"}, 9 * time.Second}, // without a Date header, by this machine's clock
	} {
		synctest.Test(t, func(t *testing.T) {
			if test.values[0] == "DATE" {
				test.values = []string{time.Now().Add(10 * time.Second).UTC().Format(http.TimeFormat)}
			}
			sent := 0
			client := transportClient(t, func(req *http.Request) (*http.Response, error) {
				if sent++; sent > 1 {
					return cannedList().RoundTrip(req)
				}
				answer := newCanned(429, "")
				answer.header["Retry-After"] = test.values
				return answer.RoundTrip(req)
			})
			start := time.Now()
			if err := perform(t, client, asctest.MarketplaceWebhooksList, ""); err != nil {
				t.Fatal(err)
			}
			if waited := time.Since(start); waited < test.least || waited > test.least+2*time.Second {
				t.Errorf("%q: waited %v, want at least %v", test.values, waited, test.least)
			}
		})
	}
}

// TestIDsAgreeInAnyCase: a call that names an id is answered with that id as
// App Store Connect writes it, and with no other.
func TestIDsAgreeInAnyCase(t *testing.T) {
	for id, agrees := range map[string]bool{
		"c74970b8-6be0-40fa-8f51-8e1532005635": true, "C74970B8-6BE0-40FA-8F51-8E1532005635": true, "another": false,
	} {
		for kind, call := range map[string]func(*wrapper.Client) error{
			"marketplaceWebhooks": func(c *wrapper.Client) error {
				_, err := c.MarketplaceWebhooks.Update(t.Context(), id, params("", "s"))
				return err
			},
			"webhooks": func(c *wrapper.Client) error {
				_, err := c.Webhooks.Get(t.Context(), id)
				return err
			},
			"alternativeDistributionPackageVersions": func(c *wrapper.Client) error {
				_, err := c.PackageVersions.Get(t.Context(), id)
				return err
			},
		} {
			const body = `{"data":{"type":"%s","id":"c74970b8-6be0-40fa-8f51-8e1532005635"}}`
			err := call(cannedClient(t, newCanned(200, fmt.Sprintf(body, kind)), quick))
			if (err == nil) != agrees {
				t.Errorf("%s %s: got %v, want success %v", kind, id, err, agrees)
			}
		}
	}
}

// TestEveryIDThatIsReturnedIsAccepted: what Get returns, Update and Delete
// take; what they refuse, Get calls unexpected.
func TestEveryIDThatIsReturnedIsAccepted(t *testing.T) {
	for _, id := range []string{
		"1", "a-b", "a_b.c~d", "a:b", "a;b", "a@b", "a b", "..", ".", "a/b", "a?b", "a#b", "%2e", `a\\b`, "é", "", "a\u0001",
		strings.Repeat("a", 256), strings.Repeat("a", 257),
	} {
		one := `{"type":"marketplaceWebhooks","id":` + quote(id) + `,"attributes":{"endpointUrl":"https://x.example"}}`
		got, err := cannedClient(t, newCanned(200, `{"data":[`+one+`]}`), quick).MarketplaceWebhooks.Get(t.Context())
		_, updateErr := cannedClient(t, newCanned(200, `{"data":`+one+`}`), quick).
			MarketplaceWebhooks.Update(t.Context(), id, params("", "s"))
		if refused := errors.Is(updateErr, wrapper.ErrInvalid); (err == nil) == refused {
			t.Errorf("%q: Get returned %+v, %v, and Update %v", id, got, err, updateErr)
		}
	}
}
