package wrapper

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// What an APIError may match with errors.Is. A response without Apple's error
// body, such as a proxy's page, matches only the first two.
var (
	// ErrNotAuthorized: the token was refused twice, or once where no second
	// attempt was allowed. APIError.ClockSkew may tell why.
	ErrNotAuthorized = errors.New("not authorized")
	// ErrRateLimited: there were too many requests, and waiting was not
	// worthwhile or did not help. APIError.RetryAt may tell when to come back;
	// Apple documents a rolling hour.
	ErrRateLimited = errors.New("rate limited")
	// ErrNotFound: there is no such resource, or none at all for Get. What does
	// not match: a path that App Store Connect does not know (PATH_ERROR), and a
	// 404 to a call that names no ID, which says that the resource itself is gone.
	ErrNotFound = errors.New("not found")
	// ErrForbidden: the key's role does not allow it, an agreement is
	// missing, or the resource does not offer the operation.
	ErrForbidden = errors.New("forbidden")
	// ErrConflict: the request conflicts with the current state, or one of its
	// attributes is not accepted.
	ErrConflict = errors.New("conflict")
)

// APIError is a response by which App Store Connect, or something in front of
// it, refused a call. Only codes are stable, says Apple; match them with HasCode.
type APIError struct {
	Method string
	Path   string // template, such as /v1/marketplaceWebhooks/{id}

	StatusCode int
	// Errors is the body's list, in its order. It is empty when the body was
	// not Apple's; Excerpt then has its beginning.
	Errors []ErrorObject
	// Dropped is how many error objects of the body, associated ones included,
	// were not kept: those after the first 100.
	Dropped int
	// Excerpt is at most 512 printable bytes of a body that was not Apple's and
	// arrived whole.
	Excerpt string
	// RequestID is what Apple's support asks for. Empty if there was none.
	RequestID string
	// RateLimit is what this response reported, if anything: RateLimit.At is zero otherwise.
	RateLimit RateLimit
	// RetryAt is when to come back, as the response asked. Zero if it did not.
	RetryAt time.Time
	// ClockSkew is how far this machine's clock is ahead of App Store Connect's
	// (negative: behind), by the Date of a 401, to the second. Zero if they agree
	// or the response had no usable Date.
	ClockSkew time.Duration
}

// ErrorObject is one error of an APIError. Every member may be empty: the
// document requires some that have been seen missing.
type ErrorObject struct {
	ID     string
	Status string // may differ from the HTTP status
	Code   string // hierarchical, such as ENTITY_ERROR.ATTRIBUTE.INVALID
	Title  string
	Detail string

	Pointer   string // JSON Pointer into the request's body
	Parameter string // query parameter

	About, See string // links

	// Associated holds errors by request path. It is undocumented and has
	// been seen; the decisive error is then often in here.
	Associated map[string][]ErrorObject
}

// Error says which call was refused, with what status, the decisive error, and
// what is known of the clock and of when to come back.
func (e *APIError) Error() string {
	text := fmt.Sprintf("wrapper: %s %s: %d", e.Method, e.Path, e.StatusCode)
	first, more := "", e.Dropped
	for object := range e.all {
		switch {
		case len(object.Associated) > 0:
		case first == "":
			first = object.String()
		default:
			more++
		}
	}
	switch {
	case first != "":
		text += " " + first
	case e.Excerpt != "":
		text += fmt.Sprintf(" %q", e.Excerpt)
	default:
		text += " " + http.StatusText(e.StatusCode)
	}
	var b strings.Builder
	if more > 0 {
		fmt.Fprintf(&b, " (and %d more)", more)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " [request %s]", e.RequestID)
	}
	switch {
	case e.ClockSkew > 0:
		fmt.Fprintf(&b, " (this machine's clock is %v ahead)", e.ClockSkew)
	case e.ClockSkew < 0:
		fmt.Fprintf(&b, " (this machine's clock is %v behind)", -e.ClockSkew)
	}
	if !e.RetryAt.IsZero() {
		b.WriteString(" (try again at " + e.RetryAt.UTC().Format(time.RFC3339) + ")")
	}
	if b.Len() > 0 {
		text = strings.TrimSuffix(text, ".") // the sentence goes on
	}
	return text + b.String()
}

// String gives code, detail (or title) and source in one line.
func (o ErrorObject) String() string {
	var parts []string
	for _, part := range []string{o.Code, cmp.Or(o.Detail, o.Title)} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	text := printable(strings.Join(parts, ": "), 512)
	if source := o.Pointer + o.Parameter; source != "" {
		text += " (" + printable(source, 128) + ")"
	}
	return text
}

// HasCode reports whether any error, associated ones included, has code or a
// more specific one: ENTITY_ERROR matches ENTITY_ERROR.ATTRIBUTE.INVALID, but
// not ENTITY_ERRORS. Match the most specific code first.
func (e *APIError) HasCode(code string) bool {
	for object := range e.all {
		if rest, ok := strings.CutPrefix(object.Code, code); ok && (rest == "" || rest[0] == '.') {
			return true
		}
	}
	return false
}

// Is matches ErrNotAuthorized, ErrRateLimited, ErrNotFound, ErrForbidden and ErrConflict.
func (e *APIError) Is(target error) bool {
	switch target {
	case ErrNotAuthorized:
		return e.StatusCode == http.StatusUnauthorized
	case ErrRateLimited:
		return e.StatusCode == http.StatusTooManyRequests
	case ErrNotFound:
		return e.hasStatus(http.StatusNotFound) && strings.Contains(e.Path, "{id}") && !e.HasCode("PATH_ERROR")
	case ErrForbidden:
		return e.hasStatus(http.StatusForbidden)
	case ErrConflict:
		return e.hasStatus(http.StatusConflict)
	}
	return false
}

// hasStatus reports whether Apple's own error body came with the status.
func (e *APIError) hasStatus(status int) bool { return e.StatusCode == status && len(e.Errors) > 0 }

// all is an iterator over every error, each before those associated with it.
func (e *APIError) all(yield func(ErrorObject) bool) { walk(e.Errors, yield) }

func walk(objects []ErrorObject, yield func(ErrorObject) bool) bool {
	for _, object := range objects {
		if !yield(object) {
			return false
		}
		for _, path := range slices.Sorted(maps.Keys(object.Associated)) {
			if !walk(object.Associated[path], yield) {
				return false
			}
		}
	}
	return true
}
