package main

// What to do next, for each way in which a call can fail.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// advisedError rewords a library's error for the command line, and adds what to
// do about it, if anything.
type advisedError struct {
	err  error
	next string
}

func (e *advisedError) Error() string {
	text := strings.NewReplacer("wrapper: ", "", "auth: ", "", "\n", "; ", // joined errors
		"WithLifetime", "--lifetime", "WithScope", "--scope", "WithBaseURL", "--base-url").Replace(e.err.Error())
	if e.next != "" {
		text = strings.TrimSuffix(text, ".") + ". " + e.next
	}
	return text
}

func (e *advisedError) Unwrap() error { return e.err }

// advice says what to do about err, after a call with key.
func (c *caller) advice(err error, key auth.Key) string {
	if _, ok := errors.AsType[*wrapper.OutcomeUnknownError](err); ok {
		return fmt.Sprintf("Look with '%s' before trying again", c.look)
	}
	if refused, ok := errors.AsType[*wrapper.APIError](err); ok {
		return c.refused(refused, key)
	}
	_, unexpected := errors.AsType[*wrapper.UnexpectedResponseError](err)
	_, other := errors.AsType[*wrapper.OtherEndpointError](err)
	switch {
	case unexpected:
		return "Check --base-url and ASC_BASE_URL, and whether a proxy responds in place of App Store Connect"
	case other:
		return fmt.Sprintf("The flag for that is --replace; '%s' shows the webhook", c.look)
	case errors.Is(err, wrapper.ErrNotFound):
		return "Register one with 'ascwebhooks marketplace-webhooks create'"
	case errors.Is(err, context.Canceled):
		return c.hint("It was interrupted")
	}
	return ""
}

// hint tells what happened, and which command shows the current state.
func (c *caller) hint(what string) string {
	if c.look == "" {
		return what
	}
	return fmt.Sprintf("%s: '%s' shows what is registered", what, c.look)
}

func notAuthorized(err *wrapper.APIError, key auth.Key) string {
	if err.ClockSkew.Abs() > 30*time.Second {
		return "Set this machine's clock first: tokens are valid for minutes only"
	}
	issuer := "no issuer ID, which only an individual key may lack"
	if key.IssuerID != "" {
		issuer = "issuer ID " + key.IssuerID + " (an individual key has none: set ASC_KEY_TYPE=individual)"
	}
	return fmt.Sprintf("Check that the private key belongs to key ID %s and %s, and that it has not been revoked", key.ID, issuer)
}

func rateLimited(err *wrapper.APIError) string {
	if err.RetryAt.IsZero() {
		return "Try again later; App Store Connect counts each key's requests over a rolling hour"
	}
	wait := time.Until(err.RetryAt).Round(time.Second)
	return fmt.Sprintf("Try again in %v", max(wait, time.Second))
}

// refused looks at the error codes first, and then at the status.
func (c *caller) refused(err *wrapper.APIError, key auth.Key) string {
	switch {
	case errors.Is(err, wrapper.ErrNotAuthorized):
		return notAuthorized(err, key)
	case errors.Is(err, wrapper.ErrRateLimited):
		return rateLimited(err)
	case err.HasCode("FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED"):
		return "An agreement is missing or has expired: the Account Holder has to accept it in App Store Connect"
	case err.StatusCode == http.StatusForbidden:
		return "The key's role does not allow this: use a key with another role; App Store Connect shows roles under Users and Access"
	case errors.Is(err, wrapper.ErrNotFound):
		return c.hint("Nothing has this ID")
	case err.StatusCode == http.StatusNotFound:
		return "App Store Connect does not know this path: check --base-url and ASC_BASE_URL, and whether Apple still serves the resource"
	case err.HasCode("ENTITY_ERROR.ATTRIBUTE"), err.StatusCode == http.StatusUnprocessableEntity:
		return "Correct the value that it names"
	case err.StatusCode == http.StatusConflict && err.Path == "/v1/marketplaceWebhooks":
		return fmt.Sprintf("An account has one webhook, and this one already has it: '%s' shows it, 'update' or 'ensure' changes it", c.look)
	case err.StatusCode == http.StatusConflict:
		return c.hint("It conflicts with the current state")
	case err.StatusCode >= http.StatusInternalServerError:
		return "App Store Connect, or a proxy in front of it, has a problem: try again later"
	}
	return ""
}
