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

// advisedError is an error of the library and what to do about it.
type advisedError struct {
	err  error
	next string
}

func (e *advisedError) Error() string {
	text := strings.NewReplacer("wrapper: ", "", "auth: ", "").Replace(e.err.Error())
	if e.next != "" {
		text = strings.TrimSuffix(text, ".") + ". " + e.next
	}
	return text
}

func (e *advisedError) Unwrap() error { return e.err }

// advise adds to err what to do next. The key is the one that was used.
func advise(err error, key auth.Key) error {
	if err == nil {
		return nil
	}
	return &advisedError{err, advice(err, key)}
}

func advice(err error, key auth.Key) string {
	if _, ok := errors.AsType[*wrapper.OutcomeUnknownError](err); ok {
		return "Look with 'ascwebhooks get' before creating again, or use 'ascwebhooks ensure', which looks by itself"
	}
	if refused, ok := errors.AsType[*wrapper.NotAuthorizedError](err); ok {
		return notAuthorized(refused, key)
	}
	if limited, ok := errors.AsType[*wrapper.RateLimitedError](err); ok {
		return rateLimited(limited)
	}
	if refused, ok := errors.AsType[*wrapper.APIError](err); ok {
		return refusal(refused)
	}
	if _, ok := errors.AsType[*wrapper.OtherEndpointError](err); ok {
		return "The flag for that is --replace; 'ascwebhooks get' shows what is there"
	}
	if errors.Is(err, auth.ErrKeyNotFound) {
		return "The flags are --key-file and --key-id; 'ascwebhooks get --help' has the variables"
	}
	_, odd := errors.AsType[*wrapper.UnexpectedResponseError](err)
	_, redirect := errors.AsType[*wrapper.RedirectError](err)
	switch {
	case odd || redirect:
		return "Check --base-url and ASC_BASE_URL, and whether a proxy answers in App Store Connect's place"
	case errors.Is(err, wrapper.ErrNotFound):
		return "Register one with 'ascwebhooks create'"
	case errors.Is(err, context.Canceled):
		return "It was interrupted; 'ascwebhooks get' shows what is registered"
	}
	return ""
}

func notAuthorized(err *wrapper.NotAuthorizedError, key auth.Key) string {
	if err.SkewKnown && err.Skew.Abs() > 30*time.Second {
		return "Set this machine's clock right first: tokens are good for minutes only"
	}
	issuer := "no issuer ID, which only an individual key may lack"
	if key.IssuerID != "" {
		issuer = "issuer ID " + key.IssuerID
	}
	return fmt.Sprintf("Check that the private key belongs to key ID %s and %s, and that it has not been revoked", key.ID, issuer)
}

func rateLimited(err *wrapper.RateLimitedError) string {
	if err.RetryAt.IsZero() {
		return "Try again later; App Store Connect counts the requests of a rolling hour for each key"
	}
	wait := time.Until(err.RetryAt).Round(time.Second)
	return fmt.Sprintf("Try again in %v", max(wait, time.Second))
}

// refusal goes by code where there is one that decides, or else by status.
func refusal(err *wrapper.APIError) string {
	switch {
	case err.HasCode("FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED"):
		return "An agreement is missing or has expired: the Account Holder has to accept it in App Store Connect"
	case err.StatusCode == http.StatusForbidden:
		return "The key's role does not allow this: use a key with another role, or have it changed in App Store Connect under Users and Access"
	case errors.Is(err, wrapper.ErrNotFound):
		return "There is no webhook with this id: 'ascwebhooks get' shows the one that is registered"
	case err.StatusCode == http.StatusNotFound:
		return "App Store Connect does not know this path: check --base-url and ASC_BASE_URL, and whether Apple still serves marketplaceWebhooks"
	case err.HasCode("ENTITY_ERROR.ATTRIBUTE"), err.StatusCode == http.StatusUnprocessableEntity:
		return "Correct the value that it names"
	case err.StatusCode == http.StatusConflict && err.Method == http.MethodPost:
		return "An account has one webhook, and this one has it already: see it with 'ascwebhooks get', change it with 'ascwebhooks update' or 'ascwebhooks ensure'"
	case err.StatusCode == http.StatusConflict:
		return "The webhook's present state does not allow it: see it with 'ascwebhooks get'"
	case err.StatusCode >= http.StatusInternalServerError:
		return "App Store Connect, or something before it, is in trouble: try again later"
	}
	return ""
}
