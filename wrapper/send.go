package wrapper

import (
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
	repeatable bool   // a POST that does no harm twice
}

// sendFunc calls one method of the generated client.
type sendFunc func(context.Context, gen.RequestEditorFn) (*http.Response, error)

// call is the life of one call: it sends until the operation is done, refused
// or of unknown outcome. decode takes the body of a success.
func (c *Client) call(ctx context.Context, op operation, send sendFunc, decode func([]byte) error) error {
	if c == nil || c.api == nil {
		return invalid("this Client was not made by NewClient")
	}
	if op.invalid != nil {
		return op.invalid
	}
	s := callState{client: c, operation: op}
	for {
		s.begin()
		o := s.attempt(ctx, send, decode)
		s.log(ctx, slog.LevelDebug, "attempt", o)
		if o.err == nil || s.removedEarlier(o) {
			return nil
		}
		wait, again := c.retry.next(ctx, s.number, o)
		if !again || sleep(ctx, wait) != nil {
			return s.finalError(ctx, o)
		}
		s.log(ctx, slog.LevelWarn, "retry", o)
		s.remember(o)
	}
}

// callState is what a call knows of itself. begin and prepare set what belongs
// to one attempt, remember what later attempts need of earlier ones.
type callState struct {
	client *Client
	operation

	number int // of the attempt, from 1
	start  time.Time
	token  string
	built  bool         // the request is complete; an error after that is the transport's
	body   *bodyTracker // nil where sending twice does no harm
	method string
	path   string // as a template, such as /v1/marketplaceWebhooks/{id}

	failure        error // of the attempt before
	mayHaveApplied bool  // an earlier attempt may have been carried out
	tokenRefused   bool  // 401 to an earlier attempt
	gotInvalid     bool  // an earlier attempt's response was invalid
}

func (s *callState) begin() {
	s.number++
	s.start, s.built, s.token, s.body = time.Now(), false, "", nil
}

func (s *callState) remember(o outcome) {
	s.failure = o.err
	s.mayHaveApplied = s.mayHaveApplied || o.mayHaveApplied
	s.tokenRefused = s.tokenRefused || o.status == http.StatusUnauthorized
	s.gotInvalid = s.gotInvalid || o.invalid
}

// attempt sends once and judges the response.
func (s *callState) attempt(ctx context.Context, send sendFunc, decode func([]byte) error) outcome {
	attemptCtx, cancel := context.WithTimeout(ctx, s.client.retry.Timeout)
	defer cancel()
	resp, err := send(attemptCtx, func(_ context.Context, req *http.Request) error { return s.prepare(ctx, req) })
	if !s.built {
		return outcome{err: s.failed(err)}
	}
	if err != nil {
		return s.noResponse(s.timedOut(ctx, attemptCtx, err))
	}
	got := s.client.read(resp)
	got.err = s.timedOut(ctx, attemptCtx, got.err)
	got.requestID = printable(s.redact(requestID(got.header), longOnly), 128)
	o := s.judge(&got, decode)
	o.status, o.requestID = got.status, got.requestID
	if got.status == http.StatusUnauthorized {
		s.client.refused(s.token, got.date)
	}
	return o
}

// prepare completes the generated request: a gen.RequestEditorFn.
func (s *callState) prepare(ctx context.Context, req *http.Request) error {
	s.method, s.path = req.Method, s.client.template(req.URL)
	token, err := s.client.token(ctx)
	switch {
	case ctx.Err() != nil:
		return ended(ctx)
	case err != nil:
		return fmt.Errorf("getting a token: %w", err)
	case token == "" || strings.ContainsFunc(token, isNotGraphic):
		return errors.New("the TokenSource returned a token that a header cannot carry")
	}
	s.token = token
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", s.client.userAgent)
	if !s.mayRepeat() {
		s.body = &bodyTracker{body: req.Body}
		// With GetBody, net/http would send the request again by itself.
		req.Body, req.GetBody = s.body, nil
	}
	s.built = true
	return nil
}

// mayRepeat reports whether sending the request twice does no more than
// sending it once: true of all but POST, since PATCH sets absolute values.
func (s *callState) mayRepeat() bool { return s.method != http.MethodPost || s.repeatable }

// finalError turns the last outcome into the caller's error. An ended context
// says less than the failure before it, so the error matches both.
func (s *callState) finalError(ctx context.Context, o outcome) error {
	err := o.err
	if ctx.Err() != nil {
		if errors.Is(err, ctx.Err()) && s.failure != nil {
			err = fmt.Errorf("%w (before: %w)", err, s.failure)
		}
		if stop := ended(ctx); !errors.Is(err, ctx.Err()) || !errors.Is(err, context.Cause(ctx)) {
			err = fmt.Errorf("%w (stopped: %w)", err, stop)
		}
	}
	if o.mayHaveApplied && !s.mayRepeat() {
		return &OutcomeUnknownError{Method: s.method, Path: s.path, Err: err}
	}
	return err
}

// removedEarlier reports a DELETE whose earlier attempt, of unclear outcome,
// removed what this one did not find.
func (s *callState) removedEarlier(o outcome) bool {
	return s.method == http.MethodDelete && s.mayHaveApplied && errors.Is(o.err, ErrNotFound)
}

// failed says which call err is about.
func (s *callState) failed(err error) error {
	return fmt.Errorf("wrapper: %s %s: %w", s.method, s.path, err)
}

func (s *callState) log(ctx context.Context, level slog.Level, msg string, o outcome) {
	if !s.client.logger.Enabled(ctx, level) {
		return
	}
	s.client.logger.LogAttrs(ctx, level, msg,
		slog.String("operation", s.id),
		slog.String("route", s.method+" "+s.path),
		slog.Int("status", o.status),
		slog.Int("attempt", s.number),
		slog.Duration("duration", time.Since(s.start)),
		slog.String("request_id", o.requestID))
}

// doer is what the generated client sends with. An http.Client would parse the
// Location of a redirect, and quote it where it cannot.
type doer struct{ transport http.RoundTripper }

func (d doer) Do(req *http.Request) (*http.Response, error) {
	resp, err := d.transport.RoundTrip(req)
	if err == nil && resp == nil {
		err = errors.New("the transport returned neither a response nor an error")
	}
	return resp, err
}
