package wrapper_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// refusal returns the error of a call whose response has this body.
func refusal(tb testing.TB, status int, contentType, body string) *wrapper.APIError {
	tb.Helper()
	response := newCanned(status, body)
	response.header.Set("Content-Type", contentType)
	_, err := cannedClient(tb, response, once).MarketplaceWebhooks.List(tb.Context())
	apiErr, ok := errors.AsType[*wrapper.APIError](err)
	if !ok {
		tb.Fatalf("status %d came to %T %v", status, err, err)
	}
	return apiErr
}

// TestEveryErrorOfTheBody: nothing that an error body tells is lost, in any
// of the forms that have been seen.
func TestEveryErrorOfTheBody(t *testing.T) {
	apiErr := refusal(t, 409, "application/json", `{"errors":[
		{"id":"1","status":"409","code":"STATE_ERROR","title":"Top","detail":"See associated","meta":{"associatedErrors":{
			"/v1/b": [{"code":"ENTITY_ERROR.ATTRIBUTE.INVALID.DUPLICATE","status":"422","title":"t",
				"detail":"the decisive one","source":{"pointer":"/data/attributes/endpointUrl"}}],
			"/v1/a":[{"code":"X","title":"no detail"}]}, "other":1}},
		{"status":"400","code":"PARAMETER_ERROR.INVALID","title":"t","detail":"d",
			"source":{"parameter":"limit","pointer":"/p"},"links":{"about":"a","see":"/s","associated":{"href":"h"}}},
		{"code":"Y","source":{},"unknown":true}]}`)
	if len(apiErr.Errors) != 3 || apiErr.Excerpt != "" {
		t.Fatalf("got %+v", apiErr)
	}
	first, second := apiErr.Errors[0], apiErr.Errors[1]
	decisive := first.Associated["/v1/b"][0]
	if first.ID != "1" || first.Code != "STATE_ERROR" || len(first.Associated) != 2 {
		t.Errorf("first: %+v", first)
	}
	if decisive.Pointer != "/data/attributes/endpointUrl" || decisive.Status != "422" {
		t.Errorf("decisive: %+v", decisive)
	}
	if second.Parameter != "limit" || second.Pointer != "/p" || second.See != "/s" || second.About != "a" {
		t.Errorf("second: %+v", second)
	}
	const want = "wrapper: GET /v1/marketplaceWebhooks: 409 X: no detail (and 3 more)"
	if apiErr.Error() != want {
		t.Errorf("got %q, want %q", apiErr, want)
	}
	for code, has := range map[string]bool{
		"ENTITY_ERROR": true, "ENTITY_ERROR.ATTRIBUTE": true, "ENTITY_ERROR.ATTRIBUTE.INVALID.DUPLICATE": true,
		"ENTITY_ERR": false, "ENTITY_ERROR.ATTRIBUTE.REQUIRED": false, "STATE_ERROR": true, "Y": true, "NOT_FOUND": false,
	} {
		if apiErr.HasCode(code) != has {
			t.Errorf("HasCode(%q) is %v", code, !has)
		}
	}
}

func TestOddErrorBodies(t *testing.T) {
	page := "<html>\n<h1>Bad&nbsp;gateway</h1>\x00\t\xff" + strings.Repeat("é<p>", 1000)
	for name, test := range map[string]struct {
		status            int
		contentType, body string
		errors            int
		text              string
	}{
		"mistyped members": {
			409, "application/json", `{"errors":[{"status":409,"code":"A","detail":7},{"code":"B","source":"here"}]}`,
			2, "409 A (and 1 more)",
		},
		"called text": {409, "text/plain", `{"errors":[{"code":"A","title":"t"}]}`, 1, "409 A: t"},
		"no errors":   {400, "application/json", `{"errors":[]}`, 0, `400 "{\"errors\":[]}"`},
		"null":        {400, "application/json", `null`, 0, `400 "null"`},
		"empty":       {503, "", "", 0, "503 Service Unavailable"},
		"truncated":   {409, "application/json", `{"errors":[{"code":"A"`, 0, `409 "{\"errors\":[{\"code\":\"A\""`},
		"several lines": {
			409, "application/json", `{"errors":[{"code":"A","detail":"one\ntwo\u001b[31m"}]}`,
			1, "409 A: one two [31m",
		},
		"HTML": {502, "text/html", page, 0, `502 "<html> <h1>Bad&nbsp;gateway</h1> <p> <p>`},
	} {
		t.Run(name, func(t *testing.T) {
			apiErr := refusal(t, test.status, test.contentType, test.body)
			if got := len(apiErr.Errors); got != test.errors {
				t.Errorf("got %d errors, want %d", got, test.errors)
			}
			if len(apiErr.Excerpt) > 512 {
				t.Errorf("an excerpt of %d bytes, want at most 512", len(apiErr.Excerpt))
			}
			if want := "wrapper: GET /v1/marketplaceWebhooks: " + test.text; !strings.HasPrefix(apiErr.Error(), want) {
				t.Errorf("got %q, want it to begin with %q", apiErr, want)
			}
		})
	}
}

func TestUnknownPathIsNotNotFound(t *testing.T) {
	remove := func(body string) error {
		return cannedClient(t, newCanned(404, body)).MarketplaceWebhooks.Delete(t.Context(), "id")
	}
	for code, is := range map[string]bool{
		"NOT_FOUND": true, "NOT_FOUND.LATER": true, "PATH_ERROR": false, "PATH_ERROR.X": false,
	} {
		err := remove(`{"errors":[{"code":"` + code + `"}]}`)
		if errors.Is(err, wrapper.ErrNotFound) != is {
			t.Errorf("%s: %v", code, err)
		}
	}
	if err := remove("<h1>Not found</h1>"); errors.Is(err, wrapper.ErrNotFound) {
		t.Error("a page of somebody else's is not Apple's not found")
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

func TestRateLimitIsKnown(t *testing.T) {
	client := cannedClient(t, cannedList())
	if _, ok := client.RateLimit(); ok {
		t.Error("known before any response")
	}
	if _, err := client.MarketplaceWebhooks.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	if limit, ok := client.RateLimit(); !ok || limit.Hour != known(3500, 500) || limit.At.IsZero() {
		t.Errorf("got %+v, %v", limit, ok)
	}
	if apiErr := refusal(t, 403, "", ""); apiErr.RateLimit.Hour != known(3500, 500) {
		t.Errorf("on the error: %+v", apiErr.RateLimit)
	}
}

// TestRateLimitedSaysWhenToComeBack: only if it was told.
func TestRateLimitedSaysWhenToComeBack(t *testing.T) {
	client := cannedClient(t, newCanned(429, ""), quick)
	_, err := client.MarketplaceWebhooks.List(t.Context())
	limited, ok := errors.AsType[*wrapper.APIError](err)
	if !ok || !limited.RetryAt.IsZero() || strings.Contains(err.Error(), "try again at") {
		t.Errorf("got %v, want no time", err)
	}
	response := newCanned(429, "")
	response.header.Set("Retry-After", "3600")
	_, err = cannedClient(t, response).MarketplaceWebhooks.List(t.Context())
	limited, ok = errors.AsType[*wrapper.APIError](err)
	if !ok || !strings.HasSuffix(err.Error(), "(try again at "+limited.RetryAt.UTC().Format(time.RFC3339)+")") {
		t.Errorf("got %v, want a time", err)
	}
}

// TestEmptyAssociated: an error with an empty list of others is decisive.
func TestEmptyAssociated(t *testing.T) {
	err := refusal(t, 409, "application/json",
		`{"errors":[{"code":"STATE_ERROR","detail":"why","meta":{"associatedErrors":{"/v1/x":[]}}}]}`)
	if !strings.Contains(err.Error(), "STATE_ERROR") {
		t.Errorf("%v", err)
	}
}

// TestSourceIsOneLine: no pointer forges a line of log.
func TestSourceIsOneLine(t *testing.T) {
	pointer := `/a\nlevel=ERROR\u001b[31m` + strings.Repeat("x", 500)
	err := refusal(t, 409, "application/json", `{"errors":[{"code":"A","source":{"pointer":"`+pointer+`"}}]}`)
	if strings.ContainsAny(err.Error(), "\n\x1b") || len(err.Error()) > 300 {
		t.Errorf("%q", err.Error())
	}
}

// TestZeroErrors: an error that a test of an importer's makes up has a text,
// and can be matched and unwrapped.
func TestZeroErrors(t *testing.T) {
	for _, err := range []error{
		&wrapper.APIError{}, &wrapper.OutcomeUnknownError{}, &wrapper.UnexpectedResponseError{},
		&wrapper.OtherEndpointError{},
	} {
		t.Run(fmt.Sprintf("%T", err), func(t *testing.T) {
			if err.Error() == "" {
				t.Error("no text")
			}
			targets := []error{wrapper.ErrNotFound, wrapper.ErrForbidden, wrapper.ErrConflict, wrapper.ErrInvalid, io.EOF}
			for _, target := range targets {
				if errors.Is(err, target) {
					t.Errorf("matches %v", target)
				}
			}
			if apiErr, ok := errors.AsType[*wrapper.APIError](err); ok && apiErr.HasCode("A") {
				t.Error("has a code")
			}
			_, _ = errors.AsType[*wrapper.OutcomeUnknownError](err)
			_, _ = fmt.Sprintf("%v %+v %#v", err, err, err), errors.Unwrap(err)
			_, _ = json.Marshal(err)
		})
	}
}

// FuzzErrorBody: whatever the body, the status survives, the text is one
// printable line, and JSON that is Apple's is kept.
func FuzzErrorBody(f *testing.F) {
	for _, seed := range []string{
		`{"errors":[{"id":"1","status":"409","code":"A.B","title":"t","detail":"d","source":{"pointer":"/p"},` +
			`"meta":{"associatedErrors":{"/v1":[{"code":"C"}]}}}]}`,
		`{"errors":[{"code":1}]}`, `<html>`, ``, `null`, `[]`, "\x00\xff",
	} {
		f.Add(409, seed)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		status = 400 + max(status, -status)%200
		if status < 400 { // the absolute value of the smallest int is negative
			return
		}
		apiErr := refusal(t, status, "application/json", body)
		if apiErr.StatusCode != status {
			t.Errorf("status %d became %d", status, apiErr.StatusCode)
		}
		text := apiErr.Error()
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) || len(text) > 4096 {
			t.Errorf("not a printable line: %q", text)
		}
		var apples struct{ Errors []struct{ Code string } }
		if json.Unmarshal([]byte(body), &apples) == nil && len(apiErr.Errors)+apiErr.Dropped < len(apples.Errors) {
			t.Errorf("%d of %d errors were kept", len(apiErr.Errors), len(apples.Errors))
		}
	})
}
