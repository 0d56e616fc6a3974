package asctest

// The rolling hour of each key.

import (
	"net/http"
	"sync"
	"time"
)

// limits has the times of each key's calls in the last hour.
type limits struct {
	mu    sync.Mutex
	taken map[string][]time.Time
}

// limit refuses a call when its key has used up the hour.
func (h *Handler) limit(c *call) *response {
	if c.operation == Download {
		return nil
	}
	var ok bool
	if c.remaining, ok = h.limits.take(c.keyID, c.now, h.settings.RateLimit); !ok {
		return new(refuse(newError(http.StatusTooManyRequests, "", "The key has used up its calls of the last hour.")))
	}
	return nil
}

// take counts one call and returns how many are left. It is false when the hour is used up.
func (l *limits) take(keyID string, now time.Time, limit int) (remaining int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.taken == nil {
		l.taken = map[string][]time.Time{}
	}
	taken := l.taken[keyID]
	for len(taken) > 0 && now.Sub(taken[0]) >= time.Hour {
		taken = taken[1:]
	}
	if ok = len(taken) < limit; ok {
		taken = append(taken, now)
	}
	l.taken[keyID] = taken
	return limit - len(taken), ok
}

func (l *limits) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken = nil
}
