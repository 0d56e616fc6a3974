package wrapper

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// Retry says how often and how patiently a call is attempted. A zero field
// takes its default.
//
// Attempted again are: a request that provably never left or was refused for
// its rate or its token; for operations which may safely be repeated (all but
// Create and Redeliver), lost responses and 500, 502, 503 and 504; and once, a
// response that the OpenAPI document does not allow. Not attempted again: an
// unknown host, a bad certificate, an error of the TokenSource.
//
// Within one attempt, and its Timeout, net/http may by itself repeat a GET or a
// DELETE on another connection, so that a Delete that succeeded may be reported
// as not found. It never repeats a request whose body it has begun to send.
type Retry struct {
	// Attempts is the most requests that one call sends, a second one after
	// 401 included. Default 4; 1 switches retries off.
	Attempts int
	// Timeout bounds one attempt, from dialling to the response's last byte. The
	// TokenSource's time is bounded by the context alone.
	// Default 30 s.
	Timeout time.Duration
	// Backoff is the longest wait before the second attempt; it doubles from
	// there, and each wait is drawn at random below it. Default 500 ms.
	Backoff time.Duration
	// MaxWait bounds every wait. A Retry-After beyond it is not waited for:
	// the call returns at once, with an APIError whose RetryAt says when to come
	// back. Default 30 s.
	MaxWait time.Duration
}

func (r Retry) withDefaults() Retry {
	return Retry{
		Attempts: cmp.Or(r.Attempts, 4),
		Timeout:  cmp.Or(r.Timeout, 30*time.Second),
		Backoff:  cmp.Or(r.Backoff, 500*time.Millisecond),
		MaxWait:  cmp.Or(r.MaxWait, 30*time.Second),
	}
}

// next returns how long to wait after the given attempt, and whether another
// one is worth waiting for: never less than the response asked for, never
// beyond ctx's deadline.
func (r Retry) next(ctx context.Context, attempt int, o outcome) (time.Duration, bool) {
	if ctx.Err() != nil || !o.retry || attempt >= r.Attempts || o.minWait > r.MaxWait {
		return 0, false
	}
	if o.immediately {
		return 0, true
	}
	wait := max(rand.N(r.ceiling(attempt)), o.minWait)
	deadline, ok := ctx.Deadline()
	return wait, !ok || time.Until(deadline) > wait
}

// ceiling is the longest backoff after the given attempt.
func (r Retry) ceiling(attempt int) time.Duration {
	if shift := attempt - 1; r.Backoff <= r.MaxWait>>shift {
		return r.Backoff << shift
	}
	return r.MaxWait
}

// sleep waits for d, or returns early with an error when ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		return ended(ctx)
	}
	return nil
}

// ended says why ctx ended: its error, and the cause where there is another one.
func ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(err, cause) {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// bodyTracker reports whether any byte of a request's body may have left. A
// create whose body nobody read cannot have been carried out.
type bodyTracker struct {
	body  io.ReadCloser
	state atomic.Int32
}

const (
	bodyUnread = iota
	bodyRead   // a transport has begun to read
	bodySealed // nobody may read any more
)

// sealIfUnread reports that no byte of the body has been read, and prevents
// later reads: a transport may go on to write after it has returned an error.
func (b *bodyTracker) sealIfUnread() bool {
	return b != nil && b.state.CompareAndSwap(bodyUnread, bodySealed)
}

// Read implements io.Reader.
func (b *bodyTracker) Read(p []byte) (int, error) {
	if !b.state.CompareAndSwap(bodyUnread, bodyRead) && b.state.Load() == bodySealed {
		return 0, errors.New("wrapper: the request was given up before it was sent")
	}
	return b.body.Read(p)
}

// Close implements io.Closer.
func (b *bodyTracker) Close() error { return b.body.Close() }
