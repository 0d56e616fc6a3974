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
	c := caller{look: "ascwebhooks marketplace-webhooks get"}
	unauthorized := refused(401, "GET", "NOT_AUTHORIZED")
	skewed := func(skew time.Duration) error {
		err := *unauthorized
		err.ClockSkew = skew
		return &err
	}
	limited := func(retryAt time.Time) error {
		err := refused(429, "GET", "RATE_LIMIT_EXCEEDED")
		err.RetryAt = retryAt
		return err
	}
	unavailable := func(wait time.Duration) error {
		err := refused(503, "GET", "UNEXPECTED_ERROR")
		err.RetryAt = time.Now().Add(wait)
		return err
	}
	unknown := &wrapper.OutcomeUnknownError{Method: "POST", Path: "/v1/marketplaceWebhooks",
		Err: refused(503, "POST", "UNEXPECTED_ERROR")}
	const look = "'ascwebhooks marketplace-webhooks get'"
	const agreement = "FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED"
	tests := map[string]struct {
		err  error
		want []string
	}{
		"clock ahead":  {skewed(2 * time.Minute), []string{"clock is 2m0s ahead", "Set this machine's clock first"}},
		"clock behind": {skewed(-90 * time.Second), []string{"clock is 1m30s behind", "Set this machine's clock first"}},
		"clock good enough": {skewed(2 * time.Second), []string{"clock is 2s ahead", "key ID 2X9R4HXF34",
			"issuer ID 57246542-96fe-1a63-e053-0824d011072a", "revoked"}},
		"clock unknown": {unauthorized, []string{"key ID 2X9R4HXF34"}},
		"agreement":     {refused(403, "GET", agreement), []string{"Account Holder has to accept it"}},
		"role": {refused(403, "GET", "FORBIDDEN_ERROR"),
			[]string{"The key's role", "Account Holder, Admin or App Manager", "Users and Access"}},
		"unknown app": {&wrapper.APIError{Method: "GET", Path: "/v1/apps/{id}/webhooks", StatusCode: 404,
			Errors: []wrapper.ErrorObject{{Code: "NOT_FOUND"}}}, []string{"Check the app's ID", "Apple ID under App Information"}},
		"unknown app in a create": {&wrapper.APIError{Method: "POST", Path: "/v1/webhooks", StatusCode: 409,
			Errors: []wrapper.ErrorObject{{Code: "ENTITY_ERROR.RELATIONSHIP.INVALID", Pointer: "/data/relationships/app"}}},
			[]string{"Check the app's ID"}},
		"clock agrees": {&wrapper.APIError{Method: "GET", Path: "/v1/marketplaceWebhooks", StatusCode: 401, ClockSkew: time.Second,
			Errors: []wrapper.ErrorObject{{Code: "NOT_AUTHORIZED", Detail: "The token has expired."}}},
			[]string{"has expired (this machine's clock is 1s ahead). Check", "'ascwebhooks doctor' looks further"}},
		"trouble that ends": {unavailable(10 * time.Minute), []string{"has a problem. Try again in 10m0s"}},
		"none": {fmt.Errorf("wrapper: no webhook: %w", wrapper.ErrNotFound),
			[]string{"Register one with 'ascwebhooks marketplace-webhooks create'"}},
		"no such": {refused(404, "PATCH", "NOT_FOUND"), []string{"Nothing has this ID: " + look}},
		"no path": {refused(404, "GET", "PATH_ERROR"), []string{"--base-url"}},
		"gone":    {refused(404, "GET", "NOT_FOUND"), []string{"whether Apple still serves"}},
		"second create": {refused(409, "POST", "ENTITY_ERROR"),
			[]string{"An account has one webhook", look, "'ensure'"}},
		"attribute": {refused(409, "POST", "ENTITY_ERROR.ATTRIBUTE.INVALID"),
			[]string{"Correct the value that it names"}},
		"shape":               {refused(422, "PATCH", "ENTITY_UNPROCESSABLE"), []string{"Correct the value that it names"}},
		"state":               {refused(409, "PATCH", "STATE_ERROR"), []string{"current state"}},
		"come back":           {limited(time.Now().Add(90 * time.Second)), []string{"Try again in 1m30s"}},
		"come back now":       {limited(time.Now().Add(-time.Hour)), []string{"Try again in 1s"}},
		"come back when":      {limited(time.Time{}), []string{"Try again later", "rolling hour"}},
		"trouble":             {refused(503, "GET", "UNEXPECTED_ERROR"), []string{"has a problem. Try again later"}},
		"unknown":             {unknown, []string{"may or may not", "Look with " + look}},
		"unknown and refused": {errors.Join(unknown, unauthorized), []string{"Look with " + look}},
		"other endpoint": {&wrapper.OtherEndpointError{ID: "id-1"},
			[]string{"id-1", "--replace", look}},
		"unexpected": {&wrapper.UnexpectedResponseError{Method: "GET", StatusCode: 200, Reason: "HTML"},
			[]string{"--base-url", "proxy"}},
		"interrupted":   {fmt.Errorf("wrapper: %w", context.Canceled), []string{"interrupted: " + look}},
		"anything else": {errors.New("wrapper: no route to host"), []string{"no route to host"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := &advisedError{test.err, c.advice(test.err, team)}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %q", err, want)
				}
			}
			if strings.HasPrefix(err.Error(), "wrapper: ") || !errors.Is(err, test.err) {
				t.Errorf("%q: the library's prefix, or not the library's error", err)
			}
		})
	}
	got := c.advice(unauthorized, individual)
	if want := "no issuer ID, which only an individual key may lack"; !strings.Contains(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := new(caller).hint("It was interrupted"), "It was interrupted"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
