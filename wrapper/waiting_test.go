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
		for _, operation := range allOperations {
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
				limited, ok := errors.AsType[*wrapper.RateLimitedError](err)
				if !ok || time.Since(start) != 0 {
					t.Fatalf("after %v: %v", time.Since(start), err)
				}
				if !limited.RetryAt.Equal(start.Add(test.wait)) || limited.RetryAfter != test.wait {
					t.Errorf("come back at %v, after %v, want after %v", limited.RetryAt, limited.RetryAfter, test.wait)
				}
				if !limited.HasCode("RATE_LIMIT_EXCEEDED") {
					t.Errorf("got %v, want the code", err)
				}
			})
		})
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

// TestEndedContext: the call returns promptly, with the context's error and
// what was known.
func TestEndedContext(t *testing.T) {
	in10s := http.Header{"Retry-After": {"10"}}
	busy, limited := asctest.Fault{Status: 503, Times: -1, Header: in10s}, asctest.Fault{Status: 429, Header: in10s}
	late := asctest.Fault{Kind: asctest.FaultLate, Delay: 20 * time.Second}
	lateBody := asctest.Fault{Kind: asctest.FaultLateBody, Delay: 20 * time.Second}
	for name, test := range map[string]struct {
		fault     asctest.Fault
		operation asctest.Operation
		after     time.Duration // then the context is cancelled
		unknown   bool
		apiError  bool
		requests  int
	}{
		"before sending":        {asctest.Fault{Optional: true}, asctest.MarketplaceWebhooksCreate, 0, false, false, 0},
		"in the backoff":        {busy, asctest.MarketplaceWebhooksList, 5 * time.Second, false, true, 1},
		"in a create's wait":    {limited, asctest.MarketplaceWebhooksCreate, 5 * time.Second, false, true, 1},
		"before the headers":    {late, asctest.MarketplaceWebhooksCreate, 5 * time.Second, true, false, 1},
		"mid-body":              {lateBody, asctest.MarketplaceWebhooksCreate, 5 * time.Second, true, false, 1},
		"mid-body of an update": {lateBody, asctest.MarketplaceWebhooksUpdate, 5 * time.Second, false, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := asctest.NewPipeServer(t)
				client := connect(t, server)
				id := prepare(server, test.operation)
				server.FailNext(test.fault)
				ctx, cancel := context.WithCancel(t.Context())
				if test.after == 0 {
					cancel()
				}
				time.AfterFunc(test.after, cancel)
				start := time.Now()
				var err error
				switch test.operation {
				case asctest.MarketplaceWebhooksCreate:
					_, err = client.MarketplaceWebhooks.Create(ctx, params(endpointURL, "s"))
				case asctest.MarketplaceWebhooksUpdate:
					_, err = client.MarketplaceWebhooks.Update(ctx, id, params(endpointURL, ""))
				default:
					_, err = client.MarketplaceWebhooks.List(ctx)
				}
				if time.Since(start) != test.after || !errors.Is(err, context.Canceled) {
					t.Errorf("after %v: %v", time.Since(start), err)
				}
				if is[*wrapper.OutcomeUnknownError](err) != test.unknown || is[*wrapper.APIError](err) != test.apiError {
					t.Errorf("got %v", err)
				}
				if n := len(server.Exchanges()); n != test.requests {
					t.Errorf("%d requests", n)
				}
			})
		})
	}
}

// TestShortDeadline: where the deadline leaves no room for another attempt,
// the last failure is returned at once.
func TestShortDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := asctest.NewPipeServer(t)
		client := connect(t, server)
		server.FailNext(asctest.Fault{Status: 503, Header: http.Header{"Retry-After": {"20"}}})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		_, err := client.MarketplaceWebhooks.List(ctx)
		if apiErr, ok := errors.AsType[*wrapper.APIError](err); !ok || apiErr.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("got %v, want the 503", err)
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("took %v, want to return at once", took)
		}
	})
}
