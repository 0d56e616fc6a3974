package wrapper_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

const (
	day   = 24 * time.Hour
	every = 8 * time.Hour // a pass of refusing
)

// refusing is a KeepUp whose handle refuses the one event that was missed, until it is told otherwise.
type refusing struct {
	*keeping
	handles, hidden, receiving atomic.Bool // handle takes events; the list shows none; the receiver is up
	missed                     asctest.Delivery
	at                         time.Time // when it was missed
	warnings                   strings.Builder
}

func newRefusing(t *testing.T) *refusing {
	t.Helper()
	r := &refusing{}
	r.keeping = newKeeping(t, asctest.Settings{DeliveryTransport: roundTripper(func(req *http.Request) (*http.Response, error) {
		if r.receiving.Load() {
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, nil
		}
		return down(req)
	})})
	direct := r.server.Client().Transport
	r.client = connect(t, r.server, wrapper.WithHTTPClient(&http.Client{
		Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
			response, err := direct.RoundTrip(req)
			if err == nil && r.hidden.Load() && strings.HasSuffix(req.URL.Path, "/deliveries") {
				_ = response.Body.Close()
				const none = `{"data":[],"links":{"self":"https://api.example/"}}`
				response.Body, response.ContentLength = io.NopCloser(strings.NewReader(none)), int64(len(none))
			}
			return response, err
		}),
	}), wrapper.WithLogger(slog.New(slog.NewTextHandler(&r.warnings, &slog.HandlerOptions{Level: slog.LevelWarn}))))
	r.refuse = func(string) error {
		if r.handles.Load() {
			r.hidden.Store(true) // so no later pass sees that it was handled
			return nil
		}
		return errors.New("refused")
	}
	r.start(t, buildParams(), wrapper.KeepUpOptions{Every: every})
	r.after(day)
	r.missed, r.at = notify(r.server.Handler, r.server.State().Webhooks[0].ID), time.Now()
	if pass := r.after(3 * every); pass.Failed != 1 || pass.Err == nil || len(r.handed) < 2 {
		t.Fatalf("handed over %v, %+v", r.handed, pass)
	}
	return r
}

// redeliver lets App Store Connect deliver the event again, which the receiver takes or misses.
func (r *refusing) redeliver(t *testing.T, taken bool) {
	t.Helper()
	r.receiving.Store(taken)
	if _, err := r.client.Webhooks.Redeliver(t.Context(), r.missed.ID); err != nil {
		t.Fatal(err)
	}
	r.after(time.Minute) // it posts after its response
	r.receiving.Store(false)
}

// lost returns how many events the passes have reported as lost.
func (r *refusing) lost() (lost int) {
	for _, pass := range r.passes {
		lost += pass.Lost
	}
	return lost
}

// A list that leaves out for a day what handle refused loses nothing: next waits for it, and it is handed over again.
func TestKeepUpFlickeringList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRefusing(t)
		for range 3 {
			r.hidden.Store(true)
			pass := r.after(day)
			if pass.Err != nil || pass.Failed != 0 || pass.Next.After(r.at) {
				t.Errorf("hidden: %+v", pass)
			}
			attempts := len(r.handed)
			r.hidden.Store(false)
			if pass := r.after(2 * every); pass.Failed != 1 || len(r.handed) == attempts {
				t.Errorf("shown: %+v", pass)
			}
		}
		r.handles.Store(true)
		r.after(2 * every)
		attempts := len(r.handed)
		pass := r.after(20 * day)
		if r.lost() != 0 || len(r.handed) != attempts || !pass.Next.After(r.at) {
			t.Errorf("lost %d, handed over %d times more, %+v", r.lost(), len(r.handed)-attempts, pass)
		}
	})
}

// What handle refused is lost once, when its last delivery is ten days old, whether or not the list shows it till then.
func TestKeepUpLost(t *testing.T) {
	for name, test := range map[string]struct {
		then func(*testing.T, *refusing)
		from time.Duration // after the miss: when the event is lost; 0: never
	}{
		"listed to the end": {func(*testing.T, *refusing) {}, 10 * day},
		"vanished":          {func(_ *testing.T, r *refusing) { r.hidden.Store(true) }, 10 * day},
		"delivered again, and missed again": {func(t *testing.T, r *refusing) {
			r.after(4 * day)
			r.redeliver(t, false)
		}, 14*day + 3*every},
		"delivered again, missed again, and vanished": {func(t *testing.T, r *refusing) {
			r.after(4 * day)
			r.redeliver(t, false)
			r.after(2 * every)
			r.hidden.Store(true)
		}, 14*day + 3*every},
		"delivered again": {func(t *testing.T, r *refusing) { r.redeliver(t, true) }, 0},
		"its webhook was deleted": {func(_ *testing.T, r *refusing) {
			_ = r.server.Update(func(s *asctest.State) { s.Webhooks = nil })
		}, 3 * every},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRefusing(t)
				test.then(t, r)
				var lostAfter time.Duration
				for time.Since(r.at) < max(test.from, 10*day)+4*every {
					pass := r.after(every)
					if lostAfter == 0 && r.lost() > 0 {
						lostAfter = time.Since(r.at)
					}
					if test.from > day && lostAfter == 0 && pass.Next.After(r.at.Add(test.from-10*day)) {
						t.Fatalf("after %v, next has passed the event: %+v", time.Since(r.at), pass)
					}
					if pass.Next.Before(time.Now().Add(-10*day - 2*every)) {
						t.Fatalf("after %v, next can't be listed any more: %+v", time.Since(r.at), pass)
					}
				}
				if pass := r.after(every); pass.Failed != 0 || pass.Err != nil {
					t.Errorf("in the end: %+v", pass)
				}
				want := 1
				if test.from == 0 {
					want = 0
				}
				if r.lost() != want || lostAfter < test.from || lostAfter > test.from+3*every {
					t.Errorf("lost %d, after %v, want %d after %v", r.lost(), lostAfter, want, test.from)
				}
				if warned := strings.Count(r.warnings.String(), " lost=1 "); warned != want {
					t.Errorf("%d warnings of it, want %d", warned, want)
				}
			})
		})
	}
}
