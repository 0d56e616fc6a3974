package wrapper_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestKeepUpForAMonth: quiet, busy and quiet again, with a list that lags and a
// clock that is off: nothing is lost, nothing comes twice, and passes stay cheap.
func TestKeepUpForAMonth(t *testing.T) {
	for _, skew := range []time.Duration{-24 * time.Hour, 0, 24 * time.Hour} {
		t.Run(skew.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				k := newKeeping(t, asctest.Settings{Skew: skew, ListLag: 4 * time.Minute})
				k.start(t, buildParams(), wrapper.KeepUpOptions{Every: time.Hour})
				const day = 24 * time.Hour
				k.after(12 * day)
				passes, requests := len(k.passes), len(k.server.Exchanges())
				var missed []string
				for range 20 {
					missed = append(missed, k.miss())
					k.after(283 * time.Minute)
				}
				k.after(time.Hour)
				if slices.Sort(missed); !slices.Equal(slices.Sorted(slices.Values(k.handed)), missed) {
					t.Errorf("handed over %d of %d", len(k.handed), len(missed))
				}
				k.after(12 * day)
				for _, pass := range k.passes {
					if pass.Err != nil || pass.Lost != 0 {
						t.Fatalf("got %+v", pass)
					}
				}
				const start = 10 // tokens by a wrong clock, and the registration
				if most := passes + passes/12 + start; requests > most {
					t.Errorf("%d requests in %d idle passes, want at most %d", requests, passes, most)
				}
				if len(k.handed) != len(missed) {
					t.Errorf("%d events were handed over %d times", len(missed), len(k.handed))
				}
			})
		})
	}
}
