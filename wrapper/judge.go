package wrapper

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// outcome is what one attempt came to.
type outcome struct {
	err            error         // nil: done
	retry          bool          // another attempt may help and can do no harm
	immediately    bool          // ... and need not wait
	minWait        time.Duration // App Store Connect asked to wait this long
	mayHaveApplied bool          // the operation may have been carried out all the same
	invalid        bool          // the response is not one that the OpenAPI document allows

	status    int // 0: no response
	requestID string
}

// judge says what a response comes to: done, refused, or worth another attempt.
func (s *callState) judge(got *response, decode func([]byte) error) outcome {
	switch {
	case got.status == successStatus(s.method):
		return s.judgeSuccess(got, decode)
	case got.status < 300:
		return s.invalidResponse(got, fmt.Sprintf("status %d is not one that this operation has", got.status))
	case got.status < 400:
		return outcome{
			err: &RedirectError{Method: s.method, Path: s.path, StatusCode: got.status, RequestID: got.requestID},
			// 303: the request was carried out, and its result is elsewhere.
			mayHaveApplied: got.status == http.StatusSeeOther,
		}
	default:
		return s.judgeRefusal(got)
	}
}

// successStatus is the one status that means done. That it follows from the
// method is true of every operation that this package calls; a test compares
// it with the OpenAPI document.
func successStatus(method string) int {
	switch method {
	case http.MethodPost:
		return http.StatusCreated
	case http.MethodDelete:
		return http.StatusNoContent
	default:
		return http.StatusOK
	}
}

func (s *callState) judgeSuccess(got *response, decode func([]byte) error) outcome {
	switch {
	case errors.Is(got.err, errTooLarge):
		return s.invalidResponse(got, got.err.Error())
	case got.err != nil:
		return s.noResponse(fmt.Errorf("reading the response: %w", got.err))
	case got.status == http.StatusNoContent:
		return outcome{}
	case !isJSON(got.header.Get("Content-Type")):
		return s.invalidResponse(got, "the content type is not JSON")
	}
	if err := decode(got.body); err != nil {
		return s.invalidResponse(got, err.Error())
	}
	return outcome{}
}

func (s *callState) judgeRefusal(got *response) outcome {
	apiErr := s.newAPIError(got)
	o := outcome{err: apiErr, minWait: apiErr.RetryAfter}
	switch {
	case got.status == http.StatusUnauthorized:
		o.err = newNotAuthorizedError(apiErr, got.at, got.date)
		o.retry, o.immediately = !s.tokenRefused, true
	case got.status == http.StatusTooManyRequests:
		limited := &RateLimitedError{APIError: apiErr}
		if apiErr.RetryAfter > 0 {
			limited.RetryAt = got.at.Add(apiErr.RetryAfter)
		}
		o.err, o.retry = limited, true
	case got.status >= 500:
		o.retry, o.mayHaveApplied = s.mayRepeat() && isTransient(got.status), true
	}
	return o
}

// invalidResponse is the outcome of a response that the OpenAPI document does
// not allow.
func (s *callState) invalidResponse(got *response, reason string) outcome {
	return outcome{
		err: &UnexpectedResponseError{
			Method: s.method, Path: s.path, StatusCode: got.status, Reason: reason, RequestID: got.requestID,
		},
		retry:          s.mayRepeat() && !s.gotInvalid,
		mayHaveApplied: true,
		invalid:        true,
	}
}

// noResponse is the outcome of an attempt whose response did not arrive whole.
func (s *callState) noResponse(err error) outcome {
	nothingSent := s.body.sealIfUnread() || s.mayRepeat() && isDialError(err)
	return outcome{
		err:            s.failed(s.redactError(err)),
		retry:          (s.mayRepeat() || nothingSent) && !isPermanent(err),
		mayHaveApplied: !nothingSent,
	}
}

// timedOut returns the attempt's own timeout where it caused err, so that it
// is not taken for the caller's deadline.
func (s *callState) timedOut(ctx, attemptCtx context.Context, err error) error {
	if err != nil && ctx.Err() == nil && attemptCtx.Err() != nil {
		return attemptTimeoutError{s.client.retry.Timeout}
	}
	return err
}

// attemptTimeoutError is a net.Error, so that callers recognise it by Timeout.
type attemptTimeoutError struct{ after time.Duration }

func (e attemptTimeoutError) Error() string {
	return fmt.Sprintf("no complete response within %v", e.after)
}
func (e attemptTimeoutError) Timeout() bool   { return true }
func (e attemptTimeoutError) Temporary() bool { return true }

// isDialError reports an error before the first byte of a request.
func isDialError(err error) bool {
	network, ok := errors.AsType[*net.OpError](err)
	return ok && (network.Op == "dial" || network.Op == "proxyconnect")
}

// isPermanent reports an error that the next attempt would meet again.
func isPermanent(err error) bool {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns.IsNotFound
	}
	_, badCertificate := errors.AsType[*tls.CertificateVerificationError](err)
	return badCertificate
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
