package wrapper

import (
	"cmp"
	"context"
	"math/rand/v2"
	"time"
)

// Retry says how often and how patiently a call is tried. A zero field takes
// its default.
//
// What is tried again: anything that provably never left or was refused for
// its rate or its token; and, for operations which may safely be repeated
// (all but Create), lost answers and 500, 502, 503 and 504; an answer that is
// not what the document allows, once.
type Retry struct {
	// Attempts is the most requests that one call sends, a second try after
	// 401 included. Default 4; 1 switches retries off.
	Attempts int
	// Timeout bounds one attempt, from dialling to the answer's last byte.
	// Default 30 s.
	Timeout time.Duration
	// Backoff is the most that is waited before the second attempt; it
	// doubles from there, and each wait is drawn at random below it.
	// Default 500 ms.
	Backoff time.Duration
	// MaxWait bounds every wait. A Retry-After beyond it is not waited for:
	// the call returns a RateLimitedError at once. Default 30 s.
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
// one is worth waiting for: never less than the answer asked for, never
// beyond ctx's deadline.
func (r Retry) next(ctx context.Context, attempt int, v verdict) (time.Duration, bool) {
	if ctx.Err() != nil || !v.again || attempt >= r.Attempts || v.atLeast > r.MaxWait {
		return 0, false
	}
	if v.now {
		return 0, true
	}
	wait := max(r.backoff(attempt), v.atLeast)
	deadline, ok := ctx.Deadline()
	return wait, !ok || time.Until(deadline) > wait
}

// backoff draws the wait after the given attempt: full jitter below a
// ceiling that doubles.
func (r Retry) backoff(attempt int) time.Duration {
	ceiling := r.MaxWait
	if shift := attempt - 1; r.Backoff <= r.MaxWait>>shift {
		ceiling = r.Backoff << shift
	}
	return rand.N(ceiling)
}

// sleep waits for d, or returns ctx's error as soon as it has ended.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}
