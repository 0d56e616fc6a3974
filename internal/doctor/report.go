// Package doctor finds out why no notifications arrive. It only reads from App
// Store Connect, and posts a forgery and a ping to the registered endpoints.
package doctor

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// Status is what a check comes to.
type Status string

// The statuses of a check.
const (
	OK      Status = "ok"
	Warning Status = "warning"
	Failure Status = "failure"
	Skipped Status = "skipped" // it could not run; Found says why
)

// Finding is the result of one check. It holds no secret, no token and no query of a URL.
type Finding struct {
	Check  string `json:"check"`
	About  string `json:"about,omitempty"` // the webhook's ID or the endpoint's URL, where there can be several
	Status Status `json:"status"`
	Found  string `json:"found"`
	Advice string `json:"advice,omitempty"` // what to do
}

// The checks, in their order.
const (
	checkKey        = "key"
	checkNetwork    = "network"
	checkClock      = "clock"
	checkToken      = "token"
	checkRateLimit  = "rate limit"
	checkAgreements = "agreements"
	checkRole       = "role"
	checkApp        = "app"
	checkWebhooks   = "webhooks"
	checkWebhook    = "webhook"
	checkOld        = "old webhook"
	checkEndpoint   = "endpoint"
	checkForgery    = "forgery"
	checkPing       = "ping"
	checkDeliveries = "deliveries"
)

// roles are those that may manage webhooks, documented by Apple.
const roles = "Account Holder, Admin or App Manager"

func (e *examination) ok(check, found string, args ...any) {
	e.report(Finding{Check: check, Status: OK, Found: fmt.Sprintf(found, args...)})
}

func (e *examination) skip(check, why string, args ...any) {
	e.report(Finding{Check: check, Status: Skipped, Found: fmt.Sprintf(why, args...)})
}

func (e *examination) warn(check, found, advice string) {
	e.report(Finding{Check: check, Status: Warning, Found: found, Advice: advice})
}

func (e *examination) fail(check, found, advice string) {
	e.report(Finding{Check: check, Status: Failure, Found: found, Advice: advice})
}

// short is the first sentence of what went wrong with a call.
func short(err error) string {
	if refused, ok := errors.AsType[*wrapper.APIError](err); ok {
		text := fmt.Sprintf("%d %s", refused.StatusCode, http.StatusText(refused.StatusCode))
		if len(refused.Errors) > 0 && refused.Errors[0].Code != "" {
			text = fmt.Sprintf("%d %s", refused.StatusCode, refused.Errors[0].Code)
		}
		if refused.RequestID != "" {
			text += " (request " + refused.RequestID + ")"
		}
		return text
	}
	text := err.Error()
	for _, prefix := range []string{"wrapper: ", "auth: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}

// kind tells a team key from an individual one.
func kind(key auth.Key) string {
	if key.IssuerID == "" {
		return "an individual key"
	}
	return "a team key of issuer " + key.IssuerID
}

// withoutQuery is a URL as it may be shown: its query may be private.
func withoutQuery(rawURL string) string {
	before, _, _ := strings.Cut(rawURL, "?")
	return before
}
