package wrapper

import "time"

// serverClock is App Store Connect's clock, by the Date header of a recent
// response. It goes on by this machine's monotonic clock, so that setting this
// machine's time changes nothing.
type serverClock struct{ date, at time.Time }

func (c *Client) noteDate(date, at time.Time) {
	if date.IsZero() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clock = serverClock{date, at}
}

// serverNow is the time by App Store Connect's clock, or by this machine's as
// long as no response had a Date.
func (c *Client) serverNow() (now time.Time, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.clock.date.IsZero() {
		return time.Now(), false
	}
	return c.clock.date.Add(time.Since(c.clock.at)), true
}

// parseDate reads both forms in which App Store Connect writes times, such as
// 2020-02-01T20:50:34Z and 2020-02-01T20:50:34.000+0000. What it can't read is
// the zero time.
func parseDate(s string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
