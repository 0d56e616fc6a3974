package wrapper

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RateLimit is what App Store Connect told in the X-Rate-Limit header of an
// answer: how many requests one API key may send. Apple documents a rolling
// hour; a minute has been seen as well.
type RateLimit struct {
	Hour, Minute Quota
	// At is when the answer arrived.
	At time.Time
}

// Quota is one window of a RateLimit. Either number may be missing from an
// answer, and Remaining has been seen negative.
type Quota struct {
	Limit, Remaining           int
	LimitKnown, RemainingKnown bool
}

// parseRateLimit reads what it understands of lines such as
// "user-hour-lim:3500;user-hour-rem:500;". Where that is nothing, At is zero.
func parseRateLimit(lines []string, now time.Time) (limit RateLimit) {
	for _, line := range lines {
		// A comma is how a proxy joins two header lines.
		for pair := range strings.FieldsFuncSeq(line, func(r rune) bool { return r == ';' || r == ',' }) {
			name, value, ok := strings.Cut(pair, ":")
			if !ok {
				continue
			}
			n, err := strconv.Atoi(strings.TrimSpace(value))
			if err != nil {
				continue
			}
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "user-hour-lim":
				limit.Hour.Limit, limit.Hour.LimitKnown = n, true
			case "user-hour-rem":
				limit.Hour.Remaining, limit.Hour.RemainingKnown = n, true
			case "user-minute-lim":
				limit.Minute.Limit, limit.Minute.LimitKnown = n, true
			case "user-minute-rem":
				limit.Minute.Remaining, limit.Minute.RemainingKnown = n, true
			default:
				continue
			}
			limit.At = now
		}
	}
	return limit
}

// parseRetryAfter returns how long to wait by a Retry-After header in seconds
// or as an HTTP date, never less than zero; zero if it tells nothing.
func parseRetryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	const most = 1 << 62 / int64(time.Second)
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(max(seconds, 0), most)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
