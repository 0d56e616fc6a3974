package wrapper

import (
	"fmt"
	"strings"
)

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
// document allows: another status, another content type, another shape. A
// redirect is one too, since none is followed: it would carry the token, and
// perhaps the secret, to another place.
type UnexpectedResponseError struct {
	Method     string
	Path       string
	StatusCode int
	Reason     string
	RequestID  string
}

// Error says what was not expected, and gives the request ID if there was one.
func (e *UnexpectedResponseError) Error() string {
	text := fmt.Sprintf("wrapper: %s %s: unexpected response with status %d: %s",
		e.Method, e.Path, e.StatusCode, e.Reason)
	if e.RequestID != "" {
		text += " [request " + e.RequestID + "]"
	}
	return text
}

// OtherEndpointError says that Ensure found the account's marketplace webhook, or
// KeepUp a webhook of the same name, with another URL. To move it, update it:
// Update(ctx, ID, params).
type OtherEndpointError struct {
	ID  string
	URL string
}

// Error names the webhook that is there; its URL may be private, so it is in URL only.
func (e *OtherEndpointError) Error() string {
	return fmt.Sprintf("wrapper: webhook %s has another URL; Update it to move it here", printable(e.ID, 128))
}
