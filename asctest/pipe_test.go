package asctest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
)

func pipeCaller(t *testing.T, opts ...asctest.Option) *caller {
	t.Helper()
	server := asctest.NewPipeServer(t, opts...)
	return &caller{t, server, server.Client()}
}

func TestEachFaultOverAPipe(t *testing.T) {
	t.Parallel()
	for _, kind := range asctest.FaultKinds() {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := pipeCaller(t)
				c.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
				c.server.FailNext(asctest.Fault{Kind: kind, Operation: asctest.MarketplaceWebhooksList, Delay: 3 * time.Hour, Applied: true})
				c.create() // of another operation: does not fail
				start := time.Now()
				status, _, _, err := c.fetch("GET", collection, "")
				if waited := time.Since(start); waited != 3*time.Hour || status == 0 && err == nil {
					t.Errorf("waited %v, status %d, %v", waited, status, err)
				}
				c.call("GET", collection, "")
			})
		})
	}
}

func TestEachFaultOfADelete(t *testing.T) {
	t.Parallel()
	for _, kind := range asctest.FaultKinds() {
		for _, applied := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				c := pipeCaller(t)
				c.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
				path := collection + "/" + c.create()
				c.server.FailNext(asctest.Fault{Kind: kind, Applied: applied, Delay: time.Minute})
				start := time.Now()
				status, _, _, err := c.fetch("DELETE", path, "")
				late := kind == asctest.FaultLate || kind == asctest.FaultLateBody
				if (status == 204) != late || (status == 0) != (err != nil) || time.Since(start) != time.Minute {
					t.Errorf("%s: %d %v after %v", kind, status, err, time.Since(start))
				}
				if _, there := c.server.MarketplaceWebhook(); there == (applied || late) {
					t.Errorf("%s, applied %v: still there: %v", kind, applied, there)
				}
			})
		}
	}
}

func TestAClientThatLeavesEndsTheDelay(t *testing.T) {
	t.Parallel()
	for _, kind := range []asctest.FaultKind{asctest.FaultLate, asctest.FaultLateBody, asctest.FaultResetBeforeHeaders} {
		synctest.Test(t, func(t *testing.T) {
			c := pipeCaller(t)
			c.server.FailNext(asctest.Fault{Kind: kind, Delay: 24 * time.Hour})
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			start := time.Now()
			response, err := c.client.Do(c.request("GET", collection, "").WithContext(ctx))
			if err == nil {
				defer response.Body.Close()
				_, err = io.ReadAll(response.Body)
			}
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Minute {
				t.Errorf("%s: %v after %v", kind, err, time.Since(start))
			}
		})
	}
}

func TestRateLimitRollsByTheHour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := pipeCaller(t, asctest.Settings{RateLimit: 2})
		_ = c.server.Update(func(s *asctest.State) { s.Keys = append(s.Keys, asctest.Key{}) }) // a fresh one
		other := c.server.State().Keys[1]
		want := func(status int, limits string) {
			t.Helper()
			got := c.call("GET", collection, "")
			if got.StatusCode != status || got.Header.Get("X-Rate-Limit") != limits {
				t.Errorf("got %d %q, want %d %q", got.StatusCode, got.Header.Get("X-Rate-Limit"), status, limits)
			}
			if status == 429 && got.json.Errors[0].Code != "RATE_LIMIT_EXCEEDED" {
				t.Errorf("code %s", got.json.Errors[0].Code)
			}
		}
		want(200, "user-hour-lim:2;user-hour-rem:1;")
		time.Sleep(30 * time.Minute)
		want(200, "user-hour-lim:2;user-hour-rem:0;")
		want(429, "user-hour-lim:2;user-hour-rem:0;")
		c.tryToken("another key", sign(t, other, claims(other)), "")
		time.Sleep(30 * time.Minute)
		want(200, "user-hour-lim:2;user-hour-rem:0;")
		time.Sleep(time.Hour)
		want(200, "user-hour-lim:2;user-hour-rem:1;")
	})
}

func TestAClosedPipeServerRefusesToDial(t *testing.T) {
	t.Parallel()
	var client *http.Client
	t.Run("server", func(t *testing.T) { client = asctest.NewPipeServer(t).Client() })
	if response, err := client.Get("http://localhost/"); err == nil {
		_ = response.Body.Close()
		t.Error("no error")
	}
}
