package wrapper_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestRetryAfter: a rate-limited call waits at least as long as it was told,
// a create too, since it was refused.
func TestRetryAfter(t *testing.T) {
	date := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for name, test := range map[string]struct {
		header      func() string
		least, most time.Duration
	}{
		"seconds":  {func() string { return "7" }, 7 * time.Second, 8 * time.Second},
		"date":     {func() string { return date(7 * time.Second) }, 6 * time.Second, 8 * time.Second},
		"zero":     {func() string { return "0" }, 0, time.Second},
		"past":     {func() string { return date(-time.Hour) }, 0, time.Second},
		"negative": {func() string { return "-5" }, 0, time.Second},
		"garbage":  {func() string { return "soon" }, 0, time.Second},
		"none":     {func() string { return "" }, 0, time.Second},
	} {
		for _, operation := range sample(len(name)) {
			t.Run(name+" "+string(operation), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					server := asctest.NewPipeServer(t)
					client := connect(t, server)
					id := prepare(server, operation)
					server.FailNext(asctest.Fault{Status: 429, Header: http.Header{"Retry-After": {test.header()}}})
					start := time.Now()
					if err := perform(t, client, operation, id); err != nil {
						t.Fatal(err)
					}
					if waited := time.Since(start); waited < test.least || waited > test.most {
						t.Errorf("waited %v", waited)
					}
				})
			})
		}
	}
}

// TestRetryAfterIsWaitedFor: a fraction, and the longest of several, are
// waited for in full.
func TestRetryAfterIsWaitedFor(t *testing.T) {
	for _, test := range []struct {
		values []string
		least  time.Duration
	}{
		{[]string{"1.5"}, 2 * time.Second},
		{[]string{"2", "9"}, 9 * time.Second},
		{[]string{"9", "2"}, 9 * time.Second},
		{[]string{"2, 9"}, 9 * time.Second},
		{[]string{"soon", "4"}, 4 * time.Second},
		{[]string{"DATE"}, 9 * time.Second}, // without a Date header, by this machine's clock
	} {
		synctest.Test(t, func(t *testing.T) {
			if test.values[0] == "DATE" {
				test.values = []string{time.Now().Add(10 * time.Second).UTC().Format(http.TimeFormat)}
			}
			sent := 0
			client := transportClient(t, func(req *http.Request) (*http.Response, error) {
				if sent++; sent > 1 {
					return cannedList().RoundTrip(req)
				}
				response := newCanned(429, "")
				response.header["Retry-After"] = test.values
				return response.RoundTrip(req)
			})
			start := time.Now()
			if err := perform(t, client, asctest.MarketplaceWebhooksList, ""); err != nil {
				t.Fatal(err)
			}
			if waited := time.Since(start); waited < test.least || waited > test.least+2*time.Second {
				t.Errorf("%q: waited %v, want at least %v", test.values, waited, test.least)
			}
		})
	}
}

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

// TestRateLimitedTooLong: what is not worth waiting for is said at once, with
// when to come back.
func TestRateLimitedTooLong(t *testing.T) {
	for name, test := range map[string]struct{ timeout, wait time.Duration }{
		"beyond the cap":      {time.Hour, 10 * time.Minute},
		"beyond the deadline": {5 * time.Second, 20 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := asctest.NewPipeServer(t)
				client := connect(t, server)
				seconds := strconv.Itoa(int(test.wait.Seconds()))
				server.FailNext(asctest.Fault{Status: 429, Header: http.Header{"Retry-After": {seconds}}})
				ctx, cancel := context.WithTimeout(t.Context(), test.timeout)
				defer cancel()
				start := time.Now()
				_, err := client.MarketplaceWebhooks.List(ctx)
				limited, _ := errors.AsType[*wrapper.APIError](err)
				if !errors.Is(err, wrapper.ErrRateLimited) || time.Since(start) != 0 {
					t.Fatalf("after %v: %v", time.Since(start), err)
				}
				if !limited.RetryAt.Equal(start.Add(test.wait)) {
					t.Errorf("come back at %v, want after %v", limited.RetryAt, test.wait)
				}
				if !limited.HasCode("RATE_LIMIT_EXCEEDED") {
					t.Errorf("got %v, want the code", err)
				}
			})
		})
	}
}

// TestServiceUnavailableForLong: 503 with a Retry-After over the cap is not
// waited for, and the APIError says how long it asked for.
func TestServiceUnavailableForLong(t *testing.T) {
	response := newCanned(503, "")
	response.header.Set("Retry-After", "120")
	start := time.Now()
	_, err := cannedClient(t, response).MarketplaceWebhooks.List(t.Context())
	apiErr, ok := errors.AsType[*wrapper.APIError](err)
	if wait := apiErr.RetryAt.Sub(start); !ok || wait < 2*time.Minute || wait > 2*time.Minute+time.Second {
		t.Errorf("got %#v, want an APIError with a RetryAt in 2m", err)
	}
	if errors.Is(err, wrapper.ErrRateLimited) || time.Since(start) > time.Second {
		t.Errorf("got %T after %v, want a plain APIError at once", err, time.Since(start))
	}
}

// TestBackoff: waits are drawn below a ceiling that doubles up to MaxWait.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := asctest.NewPipeServer(t)
		retry := wrapper.Retry{Attempts: 50, Backoff: time.Second, MaxWait: 5 * time.Second}
		client := connect(t, server, wrapper.WithRetry(retry))
		server.FailNext(asctest.Fault{Status: 503, Times: -1})
		_, err := client.MarketplaceWebhooks.List(t.Context())
		if !is[*wrapper.APIError](err) {
			t.Fatal(err)
		}
		requests := server.Exchanges()
		if len(requests) != 50 {
			t.Fatalf("%d attempts", len(requests))
		}
		longest, total := time.Duration(0), time.Duration(0)
		for i := 1; i < len(requests); i++ {
			wait := requests[i].Time.Sub(requests[i-1].Time)
			ceiling := min(time.Second<<min(i-1, 10), 5*time.Second)
			if wait > ceiling+time.Second { // the server's clock ticks in whole seconds at worst
				t.Errorf("wait %d was %v", i, wait)
			}
			longest, total = max(longest, wait), total+wait
		}
		if longest < 3*time.Second || total > 49*5*time.Second*3/4 || total < 49*5*time.Second/4 {
			t.Errorf("no full jitter: longest %v, total %v", longest, total)
		}
	})
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
				response := newCanned(429, "")
				response.header.Set("Retry-After", wait)
				return response.RoundTrip(req)
			})
			_, _ = client.MarketplaceWebhooks.List(t.Context())
			if n != attempts {
				t.Errorf("Retry-After %s: %d attempts", wait, n)
			}
		}
	})
}

func TestRetriesSwitchedOff(t *testing.T) {
	for _, status := range []int{401, 429, 500, 503} {
		server := asctest.NewServer(t)
		client := connectChecked(t, server, wrapper.WithRetry(wrapper.Retry{Attempts: 1}))
		server.FailNext(asctest.Fault{Status: status})
		_, err := client.MarketplaceWebhooks.List(t.Context())
		if apiErr, ok := errors.AsType[*wrapper.APIError](err); !ok || apiErr.StatusCode != status {
			t.Errorf("%d: got %v", status, err)
		}
		if n := len(server.Exchanges()); n != 1 {
			t.Errorf("%d: %d requests, want 1", status, n)
		}
	}
}

// TestWhichStatusesAreRetried: those that a server means to be transient.
func TestWhichStatusesAreRetried(t *testing.T) {
	for status, want := range map[int]int{500: 4, 502: 4, 503: 4, 504: 4, 501: 1, 505: 1, 599: 1, 400: 1, 410: 1, 418: 1} {
		n := 0
		client := transportClient(t, func(req *http.Request) (*http.Response, error) {
			n++
			return newCanned(status, "").RoundTrip(req)
		}, quick)
		_, err := client.MarketplaceWebhooks.List(t.Context())
		if !is[*wrapper.APIError](err) || n != want {
			t.Errorf("%d: %d attempts, %v", status, n, err)
		}
	}
}
