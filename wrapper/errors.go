package wrapper

import (
	"fmt"
	"strings"
	"time"
)

// NotAuthorizedError says that App Store Connect refused the token twice, or
// once where no second attempt was allowed. It unwraps to the *APIError.
type NotAuthorizedError struct {
	*APIError
	// Skew is how far this machine's clock is ahead of App Store Connect's
	// (negative: behind), to the second, by the response's Date header.
	Skew time.Duration
	// SkewKnown is false when the response had no usable Date.
	SkewKnown bool
}

func newNotAuthorizedError(apiErr *APIError, now, date time.Time) *NotAuthorizedError {
	if date.IsZero() {
		return &NotAuthorizedError{APIError: apiErr}
	}
	return &NotAuthorizedError{APIError: apiErr, Skew: now.Sub(date).Truncate(time.Second), SkewKnown: true}
}

// Error adds the measured clock skew to the APIError's text.
func (e *NotAuthorizedError) Error() string {
	clock := "the response had no usable Date"
	switch {
	case e.SkewKnown && e.Skew > 0:
		clock = fmt.Sprintf("this machine's clock is %v ahead", e.Skew)
	case e.SkewKnown && e.Skew < 0:
		clock = fmt.Sprintf("this machine's clock is %v behind", -e.Skew)
	case e.SkewKnown:
		clock = "this machine's clock agrees"
	}
	return e.APIError.Error() + " (" + clock + ")"
}

// Unwrap returns the APIError.
func (e *NotAuthorizedError) Unwrap() error { return unwrapped(e.APIError) }

// unwrapped keeps a nil *APIError, as in a zero value, from becoming an error.
func unwrapped(e *APIError) error {
	if e == nil {
		return nil
	}
	return e
}

// RateLimitedError says that there were too many requests, and that waiting
// was not worthwhile or did not help. It unwraps to the *APIError.
type RateLimitedError struct {
	*APIError
	// RetryAt is when to come back. Zero if App Store Connect did not say;
	// Apple documents a rolling hour.
	RetryAt time.Time
}

// Error adds when to come back to the APIError's text.
func (e *RateLimitedError) Error() string {
	if e.RetryAt.IsZero() {
		return e.APIError.Error()
	}
	return e.APIError.Error() + " (come back at " + e.RetryAt.UTC().Format(time.RFC3339) + ")"
}

// Unwrap returns the APIError.
func (e *RateLimitedError) Unwrap() error { return unwrapped(e.APIError) }

// OutcomeUnknownError says that the outcome is unknown: the request may have
// been carried out, and the response, if any, does not tell. Look with Get or
// List before creating again, or leave it to Ensure. It unwraps to what
// happened: an *APIError if there was a response.
type OutcomeUnknownError struct {
	Method string
	Path   string
	Err    error
}

// Error says so and why.
func (e *OutcomeUnknownError) Error() string {
	call := "wrapper: " + e.Method + " " + e.Path
	if e.Err == nil {
		return call + " may or may not have been carried out"
	}
	return call + " may or may not have been carried out: " + strings.TrimPrefix(e.Err.Error(), call+": ")
}

// Unwrap returns Err.
func (e *OutcomeUnknownError) Unwrap() error { return e.Err }

// UnexpectedResponseError says that the response is not one that the OpenAPI
// document allows: another status, another content type, another shape.
type UnexpectedResponseError struct {
	Method     string
	Path       string
	StatusCode int
	Reason     string
	RequestID  string
}

// Error says what was not expected.
func (e *UnexpectedResponseError) Error() string {
	return fmt.Sprintf("wrapper: %s %s: unexpected response with status %d: %s", e.Method, e.Path, e.StatusCode, e.Reason)
}

// RedirectError says that the response was a redirect. None is followed: it
// would carry the token, and perhaps the secret, to another place.
type RedirectError struct {
	Method     string
	Path       string
	StatusCode int
	RequestID  string
}

// Error says that the redirect was refused.
func (e *RedirectError) Error() string {
	return fmt.Sprintf("wrapper: %s %s: refused to follow a redirect (status %d); check the base URL", e.Method, e.Path, e.StatusCode)
}

// OtherEndpointError says that Ensure found a marketplace webhook with another
// URL. To take it over, update it: Update(ctx, Existing.ID, params).
type OtherEndpointError struct {
	Existing MarketplaceWebhook
}

// Error names the webhook that is there; its URL may be private, so it is in Existing only.
func (e *OtherEndpointError) Error() string {
	return fmt.Sprintf("wrapper: the account's marketplace webhook %s has another endpoint URL; Update it to take it over", printable(e.Existing.ID, 128))
}
