package wrapper

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxBody caps what is read of an answer, after decompression. Apple's are
// below 10 KB.
const maxBody = 1 << 20

var errTooLarge = errors.New("the body is over 1 MiB")

// answer is what came back to one attempt.
type answer struct {
	status int
	header http.Header
	body   []byte
	err    error // the body ended early or was too large
	at     time.Time

	date      time.Time // of a refusal, by the sender's clock; zero if unknown
	requestID string
	rateLimit RateLimit
}

// attempt sends r once and judges what comes back.
func (c *Client) attempt(ctx context.Context, r request, before *history) verdict {
	token, err := c.token(ctx)
	if ctxErr := ctx.Err(); ctxErr != nil {
		return verdict{err: r.failed(ctxErr)}
	}
	if err != nil {
		return verdict{err: r.failed(fmt.Errorf("getting a token: %w", err))}
	}
	if token == "" || strings.ContainsFunc(token, isNotGraphic) {
		return verdict{err: r.failed(errors.New("the TokenSource gave a token that no header can carry"))}
	}
	attemptCtx, cancel := context.WithTimeout(ctx, c.retry.Timeout)
	defer cancel()
	req, err := c.newRequest(attemptCtx, r, token)
	if err != nil {
		return verdict{err: r.failed(err)}
	}
	var sent *sending
	if !r.idempotent {
		sent = new(sending)
		sent.watch(req)
	}
	used := credentials{token, r.secret}
	got, err := c.exchange(req)
	if err != nil {
		return r.lost(c.timedOut(ctx, attemptCtx, err), used, sent.nothing() || r.idempotent && neverConnected(err))
	}
	got.err = c.timedOut(ctx, attemptCtx, got.err)
	got.requestID = used.redactLong(requestID(got.header))
	got.rateLimit = parseRateLimit(got.header["X-Rate-Limit"], got.at)
	c.noteRateLimit(got.rateLimit)
	v := c.judge(r.operation, got, before, used)
	v.status, v.requestID = got.status, got.requestID
	return v
}

// exchange sends req and reads the whole answer, up to maxBody. Its error
// means that not even a status came back.
func (c *Client) exchange(req *http.Request) (answer, error) {
	resp, err := c.transport.RoundTrip(req) // http.Client would read, and quote, the Location of a redirect
	switch {
	case err != nil:
		return answer{}, err
	case resp == nil || resp.Body == nil:
		return answer{}, errors.New("the transport gave neither an answer nor an error")
	}
	defer resp.Body.Close()
	got := answer{status: resp.StatusCode, header: resp.Header, at: time.Now()}
	got.body, got.err = readCapped(resp.Body, resp.ContentLength)
	return got, nil
}

// readCapped is io.ReadAll with a cap and one allocation for a body whose
// size is known (negative: unknown).
func readCapped(r io.Reader, size int64) ([]byte, error) {
	body := make([]byte, 0, min(max(size, 0), maxBody)+512)
	for {
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case len(body) > maxBody:
			return body[:maxBody], errTooLarge
		case err == io.EOF:
			return body, nil
		case err != nil:
			return body, err
		}
		body = slices.Grow(body, 1)
	}
}

// timedOut puts the attempt's own timeout in err's place when it was the
// cause, so that it is not taken for the caller's deadline.
func (c *Client) timedOut(ctx, attemptCtx context.Context, err error) error {
	if err != nil && ctx.Err() == nil && attemptCtx.Err() != nil {
		return attemptTimeoutError{c.retry.Timeout}
	}
	return err
}

// attemptTimeoutError is a net.Error, so that callers can tell it by Timeout.
type attemptTimeoutError struct{ after time.Duration }

func (e attemptTimeoutError) Error() string {
	return fmt.Sprintf("no complete answer within %v", e.after)
}
func (e attemptTimeoutError) Timeout() bool   { return true }
func (e attemptTimeoutError) Temporary() bool { return true }

// requestID returns what Apple's support asks for. The header's name is seen
// live, not documented.
func requestID(header http.Header) string {
	id := header.Get("X-Request-Id")
	if id == "" {
		id = header.Get("X-Apple-Request-Uuid")
	}
	return printable(id, 128)
}
