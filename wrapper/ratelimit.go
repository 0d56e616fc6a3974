package wrapper

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RateLimit is what App Store Connect reported in the X-Rate-Limit header of a
// response: how many requests one API key may send. Apple documents a rolling
// hour; a minute has been seen as well.
type RateLimit struct {
	Hour, Minute Quota
	// At is when the response arrived.
	At time.Time
}

// Quota is one window of a RateLimit. Either number may be missing from a
// response, and Remaining has been seen negative.
type Quota struct {
	Limit, Remaining           int
	LimitKnown, RemainingKnown bool
}

// parseRateLimit reads what it understands of lines such as
// "user-hour-lim:3500;user-hour-rem:500;". If that is nothing, At is zero.
func parseRateLimit(lines []string, now time.Time) (limit RateLimit) {
	for _, line := range lines {
		// A comma is how a proxy joins two header lines.
		for pair := range strings.FieldsFuncSeq(line, func(r rune) bool { return r == ';' || r == ',' }) {
			name, value, _ := strings.Cut(pair, ":")
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

// retryAfter is how long the response asked to wait.
func (r *response) retryAfter() time.Duration {
	clock := r.date // a Retry-After that is a date is by the same clock
	if clock.IsZero() {
		clock = r.at
	}
	return parseRetryAfter(r.header["Retry-After"], clock)
}

// parseRetryAfter returns how long to wait by the Retry-After headers, in
// seconds or as an HTTP date, rounded up: the longest that can be read, never
// less than zero; zero if there is none.
func parseRetryAfter(values []string, now time.Time) (wait time.Duration) {
	const most = 1 << 62 / int64(time.Second)
	for _, value := range values {
		if at, err := http.ParseTime(strings.TrimSpace(value)); err == nil {
			wait = max(wait, at.Sub(now))
			continue
		}
		for part := range strings.SplitSeq(value, ",") { // as a proxy joins two headers
			seconds, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
			if (err == nil || errors.Is(err, strconv.ErrRange)) && seconds > 0 {
				wait = max(wait, time.Duration(min(math.Ceil(seconds), float64(most)))*time.Second)
			}
		}
	}
	return wait
}
