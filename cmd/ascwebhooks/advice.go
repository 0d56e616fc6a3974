package main

// What to do next, for each way in which a call can fail.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// advisedError is a library's error, and what to do about it, if anything.
type advisedError struct {
	err  error
	next string
}

func (e *advisedError) Error() string {
	lines := strings.Split(e.err.Error(), "\n") // of joined errors
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(strings.TrimPrefix(line, "wrapper: "), "auth: ")
	}
	text := strings.Join(lines, "; ")
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
	return fmt.Sprintf("Check that the private key belongs to key ID %s and %s, and that it has not been revoked; "+
		"'ascwebhooks doctor' looks further", key.ID, issuer)
}

// tryAgain says when: as the response asked, or else later.
func tryAgain(err *wrapper.APIError, later string) string {
	if err.RetryAt.IsZero() {
		return "Try again later" + later
	}
	wait := time.Until(err.RetryAt).Round(time.Second)
	return fmt.Sprintf("Try again in %v", max(wait, time.Second))
}

// isAboutApp reports that App Store Connect doesn't know the app that the call names.
func isAboutApp(err *wrapper.APIError) bool {
	if errors.Is(err, wrapper.ErrNotFound) {
		return strings.HasPrefix(err.Path, "/v1/apps/")
	}
	return slices.ContainsFunc(err.Errors, func(o wrapper.ErrorObject) bool {
		return strings.HasPrefix(o.Pointer, "/data/relationships/app")
	})
}

// refused looks at the error codes first, and then at the status.
func (c *caller) refused(err *wrapper.APIError, key auth.Key) string {
	switch {
	case errors.Is(err, wrapper.ErrNotAuthorized):
		return notAuthorized(err, key)
	case errors.Is(err, wrapper.ErrRateLimited):
		return tryAgain(err, "; App Store Connect counts each key's requests over a rolling hour")
	case err.HasCode("FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED"):
		return "An agreement is missing or has expired: the Account Holder has to accept it in App Store Connect"
	case err.StatusCode == http.StatusForbidden:
		return "The key's role does not allow this: use a key with the role Account Holder, Admin or App Manager; App Store Connect shows roles under Users and Access"
	case isAboutApp(err):
		return "Check the app's ID: App Store Connect shows it as Apple ID under App Information; the key must be allowed to see the app"
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
		return "App Store Connect, or a proxy in front of it, has a problem. " + tryAgain(err, "")
	}
	return ""
}
