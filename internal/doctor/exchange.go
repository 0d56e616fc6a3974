package doctor

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ascmarketplace/webhooks/gen"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// exchange is one request and its response.
type exchange struct {
	method, path string
	query        url.Values
	body         []byte

	status   int // 0: no response
	header   http.Header
	response []byte
}

func (x exchange) requestID() string {
	return cmp.Or(x.header.Get("X-Request-Id"), x.header.Get("X-Apple-Request-Uuid"))
}

// tells reports whether the response says something about the request. A
// refused token, a used-up limit and a server's trouble don't.
func (x exchange) tells() bool {
	return x.status != 0 && x.status != http.StatusUnauthorized && x.status != http.StatusTooManyRequests && x.status < 500
}

func (x exchange) isRefused() bool { return x.tells() && x.status >= 400 }

const requestTimeout = 30 * time.Second

// client makes the next call. Each of its requests is sent once.
func (r *probing) client() *wrapper.Client {
	r.call = exchange{}
	return r.checked
}

// unchecked makes the next call, where client would refuse it: it is meant to be wrong.
func (r *probing) unchecked() *gen.Client {
	r.call = exchange{}
	return &gen.Client{Server: r.BaseURL + "/", Client: r}
}

// ended is the exchange of the call that ended with err. The error is that it tells nothing.
func (r *probing) ended(err error) (exchange, error) {
	if r.call.tells() {
		return r.call, nil
	}
	return r.call, cmp.Or(err, errors.New(statusText(r.call.status)))
}

// closed is the end of a call of unchecked, whose response is in call.
func closed(response *http.Response, err error) error {
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// Do signs and sends a request of unchecked.
func (r *probing) Do(request *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(request.Context(), requestTimeout)
	defer cancel()
	token, err := r.tokens.Token(ctx)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", r.UserAgent)
	return r.RoundTrip(request.WithContext(ctx))
}

// RoundTrip sends each request of a probe, and records it. The first one of a call is
// the call's own: a client may look at something else after it.
func (r *probing) RoundTrip(request *http.Request) (*http.Response, error) {
	x := exchange{method: request.Method, path: request.URL.EscapedPath(), query: request.URL.Query()}
	r.Record.know(strings.TrimPrefix(request.Header.Get("Authorization"), "Bearer "))
	sent := request.WithContext(request.Context())
	sent.GetBody = nil // net/http would send it again by itself
	if request.Body != nil {
		x.body, _ = io.ReadAll(request.Body) // of bytes: does not fail
		_ = request.Body.Close()
		sent.Body = io.NopCloser(bytes.NewReader(x.body))
	}
	response, err := r.Transport.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	x.status, x.header = response.StatusCode, response.Header
	x.response, err = io.ReadAll(io.LimitReader(response.Body, 8<<20+1)) // more is too much for the client, too
	_ = response.Body.Close()
	if err != nil {
		return nil, errors.New("the response broke off")
	}
	r.Record.add(x)
	if r.call.status == 0 {
		r.call = x
	}
	response.Body = io.NopCloser(bytes.NewReader(x.response))
	return response, nil
}
