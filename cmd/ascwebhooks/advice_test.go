package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

func refused(status int, method, code string) *wrapper.APIError {
	path := "/v1/marketplaceWebhooks"
	if method == "PATCH" {
		path += "/{id}"
	}
	return &wrapper.APIError{Method: method, Path: path, StatusCode: status, Errors: []wrapper.ErrorObject{{Code: code}}}
}

// TestAdvice has each way to fail and what the operator is told to do.
func TestAdvice(t *testing.T) {
	team := auth.Key{ID: "2X9R4HXF34", IssuerID: "57246542-96fe-1a63-e053-0824d011072a"}
	individual := auth.Key{ID: "2X9R4HXF34"}
	unauthorized := refused(401, "GET", "NOT_AUTHORIZED")
	c := caller{look: "ascwebhooks marketplace-webhooks get"}
	tests := map[string]struct {
		err  error
		key  auth.Key
		want []string
	}{
		"clock ahead": {&wrapper.NotAuthorizedError{APIError: unauthorized, Skew: 2 * time.Minute, SkewKnown: true}, team,
			[]string{"clock is 2m0s ahead", "Set this machine's clock first"}},
		"clock behind": {&wrapper.NotAuthorizedError{APIError: unauthorized, Skew: -90 * time.Second, SkewKnown: true}, team,
			[]string{"clock is 1m30s behind", "Set this machine's clock first"}},
		"clock good enough": {&wrapper.NotAuthorizedError{APIError: unauthorized, Skew: 2 * time.Second, SkewKnown: true}, team,
			[]string{"clock is 2s ahead", "key ID 2X9R4HXF34", "issuer ID 57246542-96fe-1a63-e053-0824d011072a", "revoked"}},
		"clock unknown": {&wrapper.NotAuthorizedError{APIError: unauthorized}, team, []string{"key ID 2X9R4HXF34"}},
		"individual key": {&wrapper.NotAuthorizedError{APIError: unauthorized}, individual,
			[]string{"no issuer ID, which only an individual key may lack"}},
		"agreement": {refused(403, "GET", "FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED"), team, []string{"Account Holder has to accept it"}},
		"role":      {refused(403, "GET", "FORBIDDEN_ERROR"), team, []string{"The key's role", "Users and Access"}},
		"none":      {fmt.Errorf("wrapper: no webhook: %w", wrapper.ErrNotFound), team, []string{"Register one with 'ascwebhooks marketplace-webhooks create'"}},
		"no such":   {refused(404, "PATCH", "NOT_FOUND"), team, []string{"Nothing has this ID: 'ascwebhooks marketplace-webhooks get'"}},
		"no path":   {refused(404, "GET", "PATH_ERROR"), team, []string{"--base-url"}},
		"gone":      {refused(404, "GET", "NOT_FOUND"), team, []string{"whether Apple still serves"}},
		"second create": {refused(409, "POST", "ENTITY_ERROR"), team,
			[]string{"An account has one webhook", "'ascwebhooks marketplace-webhooks get'", "'ensure'"}},
		"attribute":      {refused(409, "POST", "ENTITY_ERROR.ATTRIBUTE.INVALID"), team, []string{"Correct the value that it names"}},
		"shape":          {refused(422, "PATCH", "ENTITY_UNPROCESSABLE"), team, []string{"Correct the value that it names"}},
		"state":          {refused(409, "PATCH", "STATE_ERROR"), team, []string{"current state"}},
		"come back":      {&wrapper.RateLimitedError{APIError: refused(429, "GET", "RATE_LIMIT_EXCEEDED"), RetryAt: time.Now().Add(90 * time.Second)}, team, []string{"Try again in 1m30s"}},
		"come back now":  {&wrapper.RateLimitedError{APIError: refused(429, "GET", "RATE_LIMIT_EXCEEDED"), RetryAt: time.Now().Add(-time.Hour)}, team, []string{"Try again in 1s"}},
		"come back when": {&wrapper.RateLimitedError{APIError: refused(429, "GET", "RATE_LIMIT_EXCEEDED")}, team, []string{"Try again later", "rolling hour"}},
		"trouble":        {refused(503, "GET", "UNEXPECTED_ERROR"), team, []string{"try again later"}},
		"unknown": {&wrapper.OutcomeUnknownError{Method: "POST", Path: "/v1/marketplaceWebhooks", Err: refused(503, "POST", "UNEXPECTED_ERROR")}, team,
			[]string{"may or may not", "Look with 'ascwebhooks marketplace-webhooks get'"}},
		"unknown and refused": {errors.Join(&wrapper.OutcomeUnknownError{Method: "POST", Err: refused(503, "POST", "UNEXPECTED_ERROR")}, unauthorized), team,
			[]string{"Look with 'ascwebhooks marketplace-webhooks get'"}},
		"other endpoint": {&wrapper.OtherEndpointError{Existing: wrapper.MarketplaceWebhook{ID: "id-1"}}, team, []string{"id-1", "--replace", "'ascwebhooks marketplace-webhooks get'"}},
		"redirect":       {&wrapper.RedirectError{Method: "GET", StatusCode: 307}, team, []string{"--base-url", "proxy"}},
		"odd answer":     {&wrapper.UnexpectedResponseError{Method: "GET", StatusCode: 200, Reason: "HTML"}, team, []string{"--base-url", "proxy"}},
		"interrupted":    {fmt.Errorf("wrapper: %w", context.Canceled), team, []string{"interrupted"}},
		"anything else":  {errors.New("wrapper: no route to host"), team, []string{"no route to host"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := &advisedError{test.err, c.advice(test.err, test.key)}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "wrapper: ") || !errors.Is(err, test.err) {
				t.Errorf("%q: the library's prefix, or not the library's error", err)
			}
		})
	}
}
