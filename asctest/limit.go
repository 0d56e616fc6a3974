package asctest

// The rolling hour of each key.

import (
	"net/http"
	"time"
)

// limit counts a call, and refuses it when its key has used up the hour.
func (h *Handler) limit(c *call) *response {
	if c.operation == Download {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	calls := h.calls[c.keyID]
	for len(calls) > 0 && c.now.Sub(calls[0]) >= time.Hour {
		calls = calls[1:]
	}
	if c.remaining = c.settings.RateLimit - len(calls) - 1; c.remaining < 0 {
		c.remaining = 0
		return new(refuse(newError(http.StatusTooManyRequests, "", "The key has used up its calls of the last hour.")))
	}
	h.calls[c.keyID] = append(calls, c.now)
	return nil
}
