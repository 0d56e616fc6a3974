package wrapper_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/wrapper"
)

func known(limit, remaining int) wrapper.Quota {
	return wrapper.Quota{Limit: limit, Remaining: remaining, LimitKnown: true, RemainingKnown: true}
}

func TestRateLimitHeader(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	hour, minute := known(3500, 500), known(300, 299)
	rem9 := wrapper.Quota{Remaining: 9, RemainingKnown: true}
	only := func(hour wrapper.Quota) wrapper.RateLimit { return wrapper.RateLimit{Hour: hour, At: now} }
	const hourLine, minuteLine = "user-hour-lim:3500;user-hour-rem:500;", "user-minute-lim:300;user-minute-rem:299;"
	for name, test := range map[string]struct {
		lines []string
		want  wrapper.RateLimit
	}{
		"documented":         {[]string{hourLine}, only(hour)},
		"no final semicolon": {[]string{"user-hour-lim:3500;user-hour-rem:500"}, wrapper.RateLimit{Hour: hour, At: now}},
		"minute beside":      {[]string{hourLine + minuteLine}, wrapper.RateLimit{Hour: hour, Minute: minute, At: now}},
		"minute alone":       {[]string{minuteLine}, wrapper.RateLimit{Minute: minute, At: now}},
		"two lines":          {[]string{hourLine, minuteLine}, wrapper.RateLimit{Hour: hour, Minute: minute, At: now}},
		"negative":           {[]string{"user-hour-lim:35;user-hour-rem:-3;"}, only(known(35, -3))},
		"half missing":       {[]string{"user-hour-rem:9;"}, only(rem9)},
		"spaces and case":    {[]string{" User-Hour-Lim : 10 ; user-hour-rem: 9 "}, only(known(10, 9))},
		"half garbage":       {[]string{"user-hour-lim:many;user-hour-rem:9;what;:;;"}, only(rem9)},
		"garbage":            {[]string{"garbage", "a:b:c;", "user-day-lim:5"}, wrapper.RateLimit{}},
		"too large":          {[]string{"user-hour-lim:" + strings.Repeat("9", 40)}, wrapper.RateLimit{}},
		"none":               {nil, wrapper.RateLimit{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := wrapper.ParseRateLimit(test.lines, now); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// TestJoinedRateLimitLines: a proxy may join two lines with a comma.
func TestJoinedRateLimitLines(t *testing.T) {
	for _, comma := range []string{";, ", ", "} {
		line := "user-hour-lim:3500;user-hour-rem:500" + comma + "user-minute-lim:300;user-minute-rem:299"
		got := wrapper.ParseRateLimit([]string{line}, time.Now())
		if got.Minute != known(300, 299) || got.Hour != known(3500, 500) {
			t.Errorf("%s: got %+v", line, got)
		}
	}
}

func TestRetryAfterHeader(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	forever := 100 * 365 * 24 * time.Hour
	for value, want := range map[string]time.Duration{
		"":                                     0,
		"0":                                    0,
		"7":                                    7 * time.Second,
		" 7 ":                                  7 * time.Second,
		"-7":                                   0,
		"1.5":                                  2 * time.Second,
		"3, 7, 5":                              7 * time.Second,
		"soon, 2":                              2 * time.Second,
		"soon":                                 0,
		"Mon, 23 Nov 2026 12:01:00 GMT":        time.Minute,
		"Mon, 23 Nov 2026 11:59:00 GMT":        0,
		"Monday, 23-Nov-26 12:00:30 GMT":       30 * time.Second,
		"Mon Nov 23 12:00:02 2026":             2 * time.Second,
		"9223372036854775807":                  forever,
		"99999999999999999999999999999999999":  forever,
		"-99999999999999999999999999999999999": 0,
	} {
		got := wrapper.ParseRetryAfter([]string{value}, now)
		if want == forever && got >= forever {
			continue
		}
		if got != want {
			t.Errorf("Retry-After %q: got %v, want %v", value, got, want)
		}
	}
	lines := []string{"3", "Mon, 23 Nov 2026 12:01:00 GMT", "5"}
	if got := wrapper.ParseRetryAfter(lines, now); got != time.Minute {
		t.Errorf("Retry-After %q: got %v, want the longest", lines, got)
	}
}

// TestRateLimitIsTheLatest: a slow body does not make an old response new.
func TestRateLimitIsTheLatest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := atomic.Int64{}
		client := transportClient(t, func(req *http.Request) (*http.Response, error) {
			i := n.Add(1)
			body := io.Reader(strings.NewReader(cannedList().body))
			if i == 1 {
				body = &slow{body, 10 * time.Second}
			}
			resp, _ := newCanned(http.StatusOK, "").RoundTrip(req)
			resp.Header.Set("X-Rate-Limit", fmt.Sprintf("user-hour-rem:%d", 100-i))
			resp.Body, resp.ContentLength = io.NopCloser(body), -1
			return resp, nil
		})
		go func() { _, _ = client.MarketplaceWebhooks.List(t.Context()) }()
		time.Sleep(time.Second)
		_, _ = client.MarketplaceWebhooks.List(t.Context())
		time.Sleep(20 * time.Second)
		if limit, _ := client.RateLimit(); limit.Hour.Remaining != 98 {
			t.Errorf("%+v, the later response said 98", limit)
		}
	})
}

// slow waits before its first byte.
type slow struct {
	io.Reader
	d time.Duration
}

func (s *slow) Read(p []byte) (int, error) {
	time.Sleep(s.d)
	s.d = 0
	return s.Reader.Read(p)
}

// TestRateLimitIsKept: an response that tells none does not make the last one
// forgotten.
func TestRateLimitIsKept(t *testing.T) {
	response := cannedList()
	client := cannedClient(t, response)
	_, _ = client.MarketplaceWebhooks.List(t.Context())
	response.header = http.Header{"Content-Type": {"application/json"}}
	_, _ = client.MarketplaceWebhooks.List(t.Context())
	if limit, ok := client.RateLimit(); !ok || limit.Hour != known(3500, 500) {
		t.Errorf("%+v, %v", limit, ok)
	}
}

func FuzzRateLimit(f *testing.F) {
	f.Add("user-hour-lim:3500;user-hour-rem:500;")
	f.Add("user-minute-rem:-1")
	f.Add(";;::")
	f.Fuzz(func(t *testing.T, line string) {
		limit := wrapper.ParseRateLimit([]string{line}, time.Now())
		if limit.At.IsZero() != (limit == wrapper.RateLimit{}) {
			t.Errorf("found nothing or something? %+v", limit)
		}
		for _, quota := range []wrapper.Quota{limit.Hour, limit.Minute} {
			if !quota.LimitKnown && quota.Limit != 0 || !quota.RemainingKnown && quota.Remaining != 0 {
				t.Errorf("a number that is not known: %+v", limit)
			}
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("120")
	f.Add("Mon, 23 Nov 2026 12:01:00 GMT")
	f.Add("-1")
	f.Fuzz(func(t *testing.T, value string) {
		now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
		got := wrapper.ParseRetryAfter([]string{value}, now)
		if got < 0 {
			t.Errorf("negative wait %v", got)
		}
		if at, err := http.ParseTime(value); err == nil && at.After(now) && got != at.Sub(now) {
			t.Errorf("date %v: waits %v", at, got)
		}
	})
}
