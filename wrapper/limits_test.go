package wrapper_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestRetryAfterDateWithSkewedClock: a date is by the clock of who sent it.
func TestRetryAfterDateWithSkewedClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := asctest.NewPipeServer(t, asctest.Settings{Skew: -10 * time.Minute}) // our clock is ahead
		client := connect(t, server)
		serverNow := time.Now().Add(-10 * time.Minute)
		if err := perform(t, client, asctest.MarketplaceWebhooksList, ""); err != nil {
			t.Fatal(err)
		}
		in7s := serverNow.Add(7 * time.Second).UTC().Format(http.TimeFormat)
		server.FailNext(asctest.Fault{Status: 429, Header: http.Header{"Retry-After": {in7s}}})
		start := time.Now()
		if err := perform(t, client, asctest.MarketplaceWebhooksList, ""); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited < 7*time.Second {
			t.Errorf("waited %v, asked for 7s", waited)
		}
	})
}

// TestRateLimitedSaysWhenToComeBack: only if it was told.
func TestRateLimitedSaysWhenToComeBack(t *testing.T) {
	client := cannedClient(t, newCanned(429, ""), quick)
	_, err := client.MarketplaceWebhooks.List(t.Context())
	limited, ok := errors.AsType[*wrapper.RateLimitedError](err)
	if !ok || !limited.RetryAt.IsZero() || strings.Contains(err.Error(), "come back") {
		t.Errorf("got %v, want no time", err)
	}
	answer := newCanned(429, "")
	answer.header.Set("Retry-After", "3600")
	_, err = cannedClient(t, answer).MarketplaceWebhooks.List(t.Context())
	limited, ok = errors.AsType[*wrapper.RateLimitedError](err)
	if !ok || !endsWith(err, "(come back at "+limited.RetryAt.UTC().Format(time.RFC3339)+")") {
		t.Errorf("got %v, want a time", err)
	}
}

// TestRateLimitIsTheLatest: a slow body does not make an old answer new.
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
			t.Errorf("%+v, the later answer said 98", limit)
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

// TestRateLimitIsKept: an answer that tells none does not make the last one
// forgotten.
func TestRateLimitIsKept(t *testing.T) {
	answer := cannedList()
	client := cannedClient(t, answer)
	_, _ = client.MarketplaceWebhooks.List(t.Context())
	answer.header = http.Header{"Content-Type": {"application/json"}}
	_, _ = client.MarketplaceWebhooks.List(t.Context())
	if limit, ok := client.RateLimit(); !ok || limit.Hour != known(3500, 500) {
		t.Errorf("%+v, %v", limit, ok)
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

// TestJitterAndDefaults: full jitter, and the numbers that Retry documents.
func TestJitterAndDefaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		client := transportClient(t, func(req *http.Request) (*http.Response, error) {
			at = append(at, time.Now())
			return newCanned(503, "").RoundTrip(req)
		}, wrapper.WithRetry(wrapper.Retry{Attempts: 50, Backoff: 5 * time.Second, MaxWait: 5 * time.Second}))
		_, _ = client.MarketplaceWebhooks.List(t.Context())
		shortest := time.Hour
		for i := 1; i < len(at); i++ {
			shortest = min(shortest, at[i].Sub(at[i-1]))
		}
		if shortest > 2*time.Second { // 1 in 10^10 by chance
			t.Errorf("no full jitter: shortest %v", shortest)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		longest := time.Duration(0)
		for range 100 {
			var at []time.Time
			client := transportClient(t, func(req *http.Request) (*http.Response, error) {
				at = append(at, time.Now())
				return newCanned(503, "").RoundTrip(req)
			})
			_, _ = client.MarketplaceWebhooks.List(t.Context())
			longest = max(longest, at[1].Sub(at[0]))
		}
		if longest > 500*time.Millisecond || longest < 300*time.Millisecond {
			t.Errorf("the first wait of 100 was at most %v", longest)
		}
		for wait, attempts := range map[string]int{"30": 4, "31": 1} {
			n := 0
			client := transportClient(t, func(req *http.Request) (*http.Response, error) {
				n++
				answer := newCanned(429, "")
				answer.header.Set("Retry-After", wait)
				return answer.RoundTrip(req)
			})
			_, _ = client.MarketplaceWebhooks.List(t.Context())
			if n != attempts {
				t.Errorf("Retry-After %s: %d attempts", wait, n)
			}
		}
	})
}
