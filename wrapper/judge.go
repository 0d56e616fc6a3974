package wrapper

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// judge says what an answer comes to: done, refused, or worth another attempt.
func (c *Client) judge(op operation, got answer, before *history, used credentials) verdict {
	switch {
	case got.status == op.success:
		return op.judgeSuccess(got, before, used)
	case got.status >= 300 && got.status < 400:
		return verdict{err: &RedirectError{Method: op.method, Path: op.path, StatusCode: got.status, RequestID: got.requestID}}
	case got.status < 400:
		return op.unexpected(got.status, got.requestID, before, fmt.Sprintf("status %d is not one that this operation gives", got.status))
	}
	got.date, _ = http.ParseTime(got.header.Get("Date"))
	apiErr := newAPIError(op, got, used)
	switch {
	case got.status == http.StatusUnauthorized:
		again := !before.refused
		before.refused = true
		c.refused(used.token, got.date)
		return verdict{err: newNotAuthorizedError(apiErr, got.at, got.date), again: again, now: true}
	case got.status == http.StatusTooManyRequests:
		limited := &RateLimitedError{APIError: apiErr}
		if apiErr.RetryAfter > 0 {
			limited.RetryAt = got.at.Add(apiErr.RetryAfter)
		}
		return verdict{err: limited, again: true, atLeast: apiErr.RetryAfter}
	case got.status >= 500:
		return verdict{err: apiErr, again: op.idempotent && isTransient(got.status), unclear: true, atLeast: apiErr.RetryAfter}
	default:
		return verdict{err: apiErr}
	}
}

// judgeSuccess holds an answer with the right status to the rest of the
// contract, all but its body's shape.
func (op operation) judgeSuccess(got answer, before *history, used credentials) verdict {
	switch {
	case errors.Is(got.err, errTooLarge):
		return op.unexpected(got.status, got.requestID, before, got.err.Error())
	case got.err != nil:
		return op.lost(fmt.Errorf("reading the answer: %w", got.err), used, false)
	case op.success != http.StatusNoContent && !isJSON(got.header.Get("Content-Type")):
		return op.unexpected(got.status, got.requestID, before, "the content type is not JSON")
	}
	return verdict{body: got.body}
}

func (op operation) unexpected(status int, requestID string, before *history, reason string) verdict {
	again := op.idempotent && !before.unexpected
	before.unexpected = true
	return verdict{again: again, unclear: true, status: status, requestID: requestID, err: &UnexpectedResponseError{
		Method: op.method, Path: op.path, StatusCode: status, Reason: reason, RequestID: requestID,
	}}
}

func isTransient(status int) bool {
	return status == http.StatusInternalServerError || status == http.StatusBadGateway ||
		status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

func isJSON(contentType string) bool {
	mediaType, _, _ := strings.Cut(contentType, ";")
	mediaType = strings.ToLower(strings.TrimSpace(mediaType))
	return mediaType == "application/json" || strings.HasPrefix(mediaType, "application/") && strings.HasSuffix(mediaType, "+json")
}
