package notification_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

// TestObserver goes through what may happen, and what the observer gets.
func TestObserver(t *testing.T) {
	genuine := string(fixtures(t)["app_unavailable.json"])
	errDisk := errors.New("disk full")
	fail := func(err error) handleFunc {
		return func(context.Context, *notification.Notification) error { return err }
	}
	storeFails := notification.WithDeduplicator(store(
		func(context.Context, func(context.Context) error) error { return errStore }))
	storeHangs := notification.WithDeduplicator(store(func(ctx context.Context, _ func(context.Context) error) error {
		<-ctx.Done()
		return context.Cause(ctx)
	}))
	hookFails := notification.WithMalformed(func(context.Context, []byte) error { return errDisk })
	hookAccepts := notification.WithMalformed(func(context.Context, []byte) error { return nil })
	tooLate := func(context.Context, *notification.Notification) error {
		time.Sleep(4 * time.Second)
		return errDisk
	}
	for _, test := range []struct {
		name, secret, body string
		handle             handleFunc
		opt                notification.Option
		times              int
		kind               notification.OutcomeKind
		status             int
		reason             string
		err                error
		known              bool
		took               time.Duration
	}{
		{"handled", newSecret, genuine, takeAll, nil, 1,
			"handled", 200, "handled", nil, true, 0},
		{"sent twice", newSecret, genuine, takeAll, nil, 2,
			"duplicate", 200, "duplicate", nil, true, 0},
		{"forged", "x", genuine, takeAll, nil, 1,
			"refused", 401, "signature mismatch", notification.ErrSignatureMismatch, false, 0},
		{"failed", newSecret, genuine, fail(errDisk), nil, 1,
			"failed", 500, "function failed", errDisk, true, 0},
		{"too late", newSecret, genuine, tooLate, nil, 1,
			"failed", 503, "function too late", context.DeadlineExceeded, true, 4 * time.Second},
		{"too late, and why", newSecret, genuine, tooLate, nil, 1,
			"failed", 503, "function too late", errDisk, true, 4 * time.Second},
		{"store down", newSecret, genuine, takeAll, storeFails, 1,
			"unavailable", 503, "deduplicator failed", errStore, true, 0},
		{"store hangs", newSecret, genuine, takeAll, storeHangs, 1,
			"unavailable", 503, "deduplicator too late", context.DeadlineExceeded, true, 3 * time.Second},
		{"malformed", newSecret, "{}", takeAll, nil, 1,
			"malformed", 500, "malformed, not accepted", notification.ErrMalformed, false, 0},
		{"malformed, the hook accepts", newSecret, "{}", takeAll, hookAccepts, 1,
			"malformed", 200, "malformed, accepted by the hook", nil, false, 0},
		{"malformed, the hook fails", newSecret, "{}", takeAll, hookFails, 1,
			"malformed", 500, "malformed, not accepted", errDisk, false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got []notification.Outcome
				observe := func(_ context.Context, o notification.Outcome) { got = append(got, o) }
				opts := []notification.Option{notification.WithTimeout(3 * time.Second), notification.WithObserver(observe)}
				if test.opt != nil {
					opts = append(opts, test.opt)
				}
				client, _, stop := serve(t, newHandler(t, test.handle, opts...))
				for range test.times {
					deliver(t, client, anyURL, test.secret, []byte(test.body))
				}
				stop()
				if len(got) != test.times {
					t.Fatalf("%d outcomes, want %d", len(got), test.times)
				}
				o := got[len(got)-1]
				if o.Kind != test.kind || o.Status != test.status || o.Reason != test.reason || o.Duration != test.took {
					t.Errorf("got %+v", o)
				}
				if !errors.Is(o.Err, test.err) {
					t.Errorf("error %v, want %v", o.Err, test.err)
				}
				if known := o.Notification != nil; known != test.known || known && o.Notification.Type != "AppUnavailable" {
					t.Errorf("notification %+v", o.Notification)
				}
			})
		})
	}
}

// TestObserverOfAWaitingCopy: what gave up waiting says so.
func TestObserverOfAWaitingCopy(t *testing.T) {
	body := fixtures(t)["app_unavailable.json"]
	synctest.Test(t, func(t *testing.T) {
		outcomes := make(chan notification.Outcome, 2)
		client, _, stop := serve(t, newHandler(t, func(context.Context, *notification.Notification) error {
			time.Sleep(9 * time.Second)
			return nil
		}, observeTo(outcomes)))
		go hangUp(t, client, body, 8*time.Second)
		synctest.Wait()
		hangUp(t, client, body, time.Second)
		o := <-outcomes
		gaveUp := o.Reason == "gave up waiting for another copy" && errors.Is(o.Err, context.Canceled)
		if o.Kind != notification.OutcomeUnavailable || !gaveUp {
			t.Errorf("got %+v", o)
		}
		if o := <-outcomes; o.Kind != notification.OutcomeHandled {
			t.Errorf("the first: got %+v", o)
		}
		stop()
	})
}

// TestObserverPanics: a panic changes no response, and its
// context is the request's.
func TestObserverPanics(t *testing.T) {
	type key struct{}
	var log bytes.Buffer
	h := newHandler(t, takeAll, notification.WithLogger(slog.New(slog.NewTextHandler(&log, nil))),
		notification.WithObserver(func(ctx context.Context, _ notification.Outcome) { panic(ctx.Value(key{})) }))
	synctest.Test(t, func(t *testing.T) {
		client, _, stop := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, t)))
		}))
		defer stop()
		if status := deliver(t, client, anyURL, newSecret, fixtures(t)["app_unavailable.json"]); status != 200 {
			t.Errorf("got %d", status)
		}
	})
	if !strings.Contains(log.String(), "observer") || !strings.Contains(log.String(), "panic=*testing.T") {
		t.Errorf("logged %q", &log)
	}
}

// TestEndedGoroutineIsReported: Goexit leaves no response, but a line and an outcome.
func TestEndedGoroutineIsReported(t *testing.T) {
	var log bytes.Buffer
	var got notification.Outcome
	synctest.Test(t, func(t *testing.T) {
		client, _, stop := serve(t, newHandler(t, func(context.Context, *notification.Notification) error {
			runtime.Goexit()
			return nil
		}, notification.WithLogger(slog.New(slog.NewTextHandler(&log, nil))),
			notification.WithObserver(func(_ context.Context, o notification.Outcome) { got = o })))
		defer stop()
		response, err := client.Do(signed(t, anyURL, newSecret, fixtures(t)["app_unavailable.json"]))
		if err == nil {
			_ = response.Body.Close()
			t.Errorf("responded %d", response.StatusCode)
		}
	})
	if got.Kind != notification.OutcomeFailed || got.Status != 0 || got.Err == nil || got.Notification == nil {
		t.Errorf("got %+v", got)
	}
	if line := fmt.Sprint(&log); !strings.Contains(line, "level=ERROR") || !strings.Contains(line, "type=AppUnavailable") {
		t.Errorf("logged %q", line)
	}
}

// observeTo sends each outcome to a channel.
func observeTo(outcomes chan<- notification.Outcome) notification.Option {
	return notification.WithObserver(func(_ context.Context, o notification.Outcome) { outcomes <- o })
}
