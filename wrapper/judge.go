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
func (c *call) judge(got *response) outcome {
	switch {
	case got.status == successStatus(c.method):
		return c.judgeSuccess(got)
	case got.status < 300:
		return c.invalidResponse(got, fmt.Sprintf("status %d is not one that this operation has", got.status))
	case got.status < 400:
		o := c.invalidResponse(got, "a redirect, which is never followed; check the base URL")
		// 303: the request was carried out, and its result is elsewhere.
		o.retry, o.mayHaveApplied = false, got.status == http.StatusSeeOther
		return o
	default:
		return c.judgeRefusal(got)
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

func (c *call) judgeSuccess(got *response) outcome {
	switch {
	case errors.Is(got.err, errTooLarge):
		c.tooLarge = true
		o := c.invalidResponse(got, got.err.Error())
		o.retry = o.retry && c.maxBody == 0 // a list is asked for in smaller pages
		return o
	case got.err != nil:
		return c.noResponse(fmt.Errorf("reading the response: %w", got.err))
	case got.status == http.StatusNoContent:
		return outcome{}
	case !isJSON(got.header.Get("Content-Type")):
		return c.invalidResponse(got, "the content type is not JSON")
	}
	if err := c.success.decode(got.body); err != nil {
		return c.invalidResponse(got, err.Error())
	}
	return outcome{}
}

func (c *call) judgeRefusal(got *response) outcome {
	o := outcome{err: c.newAPIError(got), minWait: got.retryAfter()}
	switch {
	case got.status == http.StatusUnauthorized:
		o.retry, o.immediately = !c.tokenRefused, true
	case got.status == http.StatusTooManyRequests:
		o.retry = true
	case got.status >= 500:
		o.retry, o.mayHaveApplied = c.mayRepeat() && isTransient(got.status), true
	}
	return o
}

// invalidResponse is the outcome of a response that the OpenAPI document does
// not allow.
func (c *call) invalidResponse(got *response, reason string) outcome {
	return outcome{
		err: &UnexpectedResponseError{
			Method: c.method, Path: c.path, StatusCode: got.status, Reason: reason, RequestID: got.requestID,
		},
		retry:          c.mayRepeat() && !c.gotInvalid,
		mayHaveApplied: true,
		invalid:        true,
	}
}

// noResponse is the outcome of an attempt whose response did not arrive whole.
func (c *call) noResponse(err error) outcome {
	nothingSent := c.body.sealIfUnread() || c.mayRepeat() && isDialError(err)
	return outcome{
		err:            c.failed(c.redactError(withoutAdvice(err))),
		retry:          (c.mayRepeat() || nothingSent) && !isPermanent(err),
		mayHaveApplied: !nothingSent,
	}
}

// getBodyAdvice is net/http's to whoever builds a request. Following it would
// let a create be sent twice, and only this package could.
const getBodyAdvice = "; define Request.GetBody to avoid this error"

func withoutAdvice(err error) error {
	if !strings.Contains(err.Error(), getBodyAdvice) {
		return err
	}
	return unadvised{err}
}

type unadvised struct{ error }

func (e unadvised) Error() string { return strings.ReplaceAll(e.error.Error(), getBodyAdvice, "") }
func (e unadvised) Unwrap() error { return e.error }

// timedOut returns the attempt's own timeout where it caused err, so that it
// is not taken for the caller's deadline.
func (c *call) timedOut(ctx, attemptCtx context.Context, err error) error {
	if err != nil && ctx.Err() == nil && attemptCtx.Err() != nil {
		return attemptTimeoutError{c.client.retry.Timeout}
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
	return mediaType == "application/json" ||
		strings.HasPrefix(mediaType, "application/") && strings.HasSuffix(mediaType, "+json")
}
