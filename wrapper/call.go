package wrapper

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/ascmarketplace/webhooks/gen"
)

// operation is what a resource's method says about its call; the generated
// client knows the rest.
type operation struct {
	id         string // operationId, for the log
	invalid    error  // what is wrong with its arguments; then nothing is sent
	secret     Secret // what the request's body holds and no error may show
	query      string // of a list's next page
	maxBody    int    // cap on the response; 0: 1 MiB
	repeatable bool   // a POST that is safe to repeat
}

// decoder takes the body of a success. Its error is what is wrong with it.
type decoder interface{ decode(body []byte) error }

// call is one call of an operation. It is the Doer of the generated client that
// it embeds: the generated method builds the request, and Do sends it.
type call struct {
	gen.Client
	operation
	client  *Client
	success decoder // nil: a success has no body

	tooLarge bool // the response was over maxBody

	method string
	path   string // as a template, such as /v1/marketplaceWebhooks/{id}

	// Of the current attempt.
	number int // from 1
	start  time.Time
	token  string
	body   *bodyTracker // nil where sending twice does no harm

	// Of earlier attempts.
	failure        error // the latest one
	mayHaveApplied bool  // one may have been carried out
	tokenRefused   bool  // one got a 401
	gotInvalid     bool  // one got an invalid response
}

func (c *Client) call(op operation) *call {
	call := &call{operation: op, client: c}
	call.Client = gen.Client{Server: c.server, Client: call}
	return call
}

// end is the end of a call that returns no value.
func (*call) end(_ *http.Response, err error) error { return err }

// Do is the life of a call: it sends the request until the operation is done,
// refused or of unknown outcome. It returns no response, since the decoder
// has had the body.
func (c *call) Do(req *http.Request) (*http.Response, error) {
	if c.invalid != nil {
		return nil, c.invalid
	}
	if c.query != "" {
		req.URL.RawQuery = nextPage(req.URL.Query(), c.query)
	}
	c.method, c.path = req.Method, c.client.template(req.URL)
	ctx := req.Context()
	for {
		o := c.attempt(req)
		c.log(ctx, slog.LevelDebug, "attempt", o)
		if o.err == nil || c.removedEarlier(o) {
			return nil, nil
		}
		wait, again := c.client.retry.next(ctx, c.number, o)
		if !again || sleep(ctx, wait) != nil {
			return nil, c.finalError(ctx, o)
		}
		c.log(ctx, slog.LevelWarn, "retry", o)
		c.remember(o)
	}
}

func (c *call) remember(o outcome) {
	c.failure = o.err
	c.mayHaveApplied = c.mayHaveApplied || o.mayHaveApplied
	c.tokenRefused = c.tokenRefused || o.status == http.StatusUnauthorized
	c.gotInvalid = c.gotInvalid || o.invalid
}

// attempt sends the request once and judges the response.
func (c *call) attempt(req *http.Request) outcome {
	ctx := req.Context()
	c.number++
	c.start, c.token, c.body = time.Now(), "", nil
	token, err := c.bearer(ctx)
	if err != nil {
		return outcome{err: c.failed(err)}
	}
	c.token = token
	attemptCtx, cancel := context.WithTimeout(ctx, c.client.retry.Timeout)
	defer cancel()
	prepared := c.prepare(attemptCtx, req)
	// No http.Client: it would parse the Location of a redirect, and quote it where it cannot.
	resp, err := c.client.transport.RoundTrip(prepared)
	if err == nil && resp == nil {
		err = errors.New("the transport returned neither a response nor an error")
	}
	if err != nil {
		return c.noResponse(c.timedOut(ctx, attemptCtx, err))
	}
	got := c.client.read(resp, cmp.Or(c.maxBody, maxBody))
	got.err = c.timedOut(ctx, attemptCtx, got.err)
	got.requestID = printable(c.redact(requestID(got.header), longOnly), 128)
	o := c.judge(&got)
	o.status, o.requestID = got.status, got.requestID
	if got.status == http.StatusUnauthorized {
		c.client.refused(c.token, got.date)
	}
	return o
}

// prepare returns the request of one attempt. Each after the first one gets a
// header and a body of its own: a transport may still read those of an attempt
// that failed.
func (c *call) prepare(attemptCtx context.Context, generated *http.Request) *http.Request {
	req := generated.WithContext(attemptCtx)
	if c.number > 1 {
		req.Header = generated.Header.Clone()
		if req.GetBody != nil {
			req.Body, _ = req.GetBody() // of bytes: does not fail
		}
	}
	req.Header["Authorization"] = []string{"Bearer " + c.token}
	req.Header["Accept"] = []string{"application/json"}
	req.Header["User-Agent"] = []string{c.client.userAgent}
	// With GetBody, net/http would send the request again by itself, over HTTP/2 without limit.
	req.GetBody = nil
	if !c.mayRepeat() {
		c.body = &bodyTracker{body: req.Body}
		req.Body = c.body
	}
	return req
}

// bearer asks the TokenSource.
func (c *call) bearer(ctx context.Context) (string, error) {
	token, err := c.client.token(ctx)
	switch {
	case ctx.Err() != nil:
		return "", ended(ctx)
	case err != nil:
		return "", fmt.Errorf("getting a token: %w", err)
	case token == "" || strings.ContainsFunc(token, isNotGraphic):
		return "", errors.New("the TokenSource returned a token that a header cannot carry")
	}
	return token, nil
}

// mayRepeat reports whether sending the request twice does no more than
// sending it once: true of all but POST, since PATCH sets absolute values.
func (c *call) mayRepeat() bool { return c.method != http.MethodPost || c.repeatable }

// finalError turns the last outcome into the caller's error. An ended context
// says less than the failure before it, so the error matches both.
func (c *call) finalError(ctx context.Context, o outcome) error {
	err := o.err
	if ctx.Err() != nil {
		if errors.Is(err, ctx.Err()) && c.failure != nil {
			err = fmt.Errorf("%w (before: %w)", err, c.failure)
		}
		if stop := ended(ctx); !errors.Is(err, ctx.Err()) || !errors.Is(err, context.Cause(ctx)) {
			err = fmt.Errorf("%w (stopped: %w)", err, stop)
		}
	}
	if o.mayHaveApplied && !c.mayRepeat() {
		return &OutcomeUnknownError{Method: c.method, Path: c.path, Err: err}
	}
	return err
}

// removedEarlier reports a DELETE whose earlier attempt, of unclear outcome,
// removed what this one did not find.
func (c *call) removedEarlier(o outcome) bool {
	return c.method == http.MethodDelete && c.mayHaveApplied && errors.Is(o.err, ErrNotFound)
}

// failed says which call err is about.
func (c *call) failed(err error) error {
	return fmt.Errorf("wrapper: %s %s: %w", c.method, c.path, err)
}

func (c *call) log(ctx context.Context, level slog.Level, msg string, o outcome) {
	if c.client.logger == nil || !c.client.logger.Enabled(ctx, level) {
		return
	}
	c.client.logger.LogAttrs(ctx, level, msg,
		slog.String("operation", c.id),
		slog.String("route", c.method+" "+c.path),
		slog.Int("status", o.status),
		slog.Int("attempt", c.number),
		slog.Duration("duration", time.Since(c.start)),
		slog.String("request_id", o.requestID))
}
