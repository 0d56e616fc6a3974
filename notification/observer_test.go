package notification_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"runtime"
	"slices"
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

// TestReportingFails: whatever becomes of a log handler or an observer, the
// response is what it was, and the other of the two is still called.
func TestReportingFails(t *testing.T) {
	body := fixtures(t)["app_unavailable.json"]
	for _, failure := range []struct {
		name string
		fail func()
		log  string
	}{
		{"panic", func() { panic("quoted") }, "panic=string"},
		{"the goroutine ends", runtime.Goexit, "error=*errors.errorString"},
	} {
		t.Run("observer: "+failure.name, func(t *testing.T) {
			var log bytes.Buffer
			server := httptest.NewServer(newHandler(t, takeAll,
				notification.WithLogger(slog.New(slog.NewTextHandler(&log, nil))),
				notification.WithObserver(func(context.Context, notification.Outcome) { failure.fail() })))
			if status := deliver(t, server.Client(), server.URL, newSecret, body); status != 200 {
				t.Errorf("got %d", status)
			}
			server.Close()
			if !strings.Contains(log.String(), "the observer failed") || !strings.Contains(log.String(), failure.log) {
				t.Errorf("logged %q", &log)
			}
		})
		for _, where := range []string{"Enabled", "Handle"} {
			t.Run(where+" of the log handler: "+failure.name, func(t *testing.T) {
				outcomes := make(chan notification.Outcome, 1)
				server := httptest.NewServer(newHandler(t, takeAll,
					notification.WithLogger(slog.New(failingLog{failure.fail, where})), observeTo(outcomes)))
				if status := deliver(t, server.Client(), server.URL, newSecret, body); status != 200 {
					t.Errorf("got %d", status)
				}
				server.Close()
				if o := <-outcomes; o.Kind != notification.OutcomeHandled {
					t.Errorf("observed %+v", o)
				}
			})
		}
		t.Run("both: "+failure.name, func(t *testing.T) {
			h := newHandler(t, takeAll, notification.WithLogger(slog.New(failingLog{failure.fail, "Handle"})),
				notification.WithObserver(func(context.Context, notification.Outcome) { failure.fail() }))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, signed(t, "/", newSecret, body))
			if err := h.Handle(t.Context(), body); err != nil || w.Code != 200 {
				t.Errorf("got %d, and from Handle %v", w.Code, err)
			}
		})
	}
}

// failingLog is a log handler that fails in one of its methods.
type failingLog struct {
	fail  func()
	where string
}

func (l failingLog) Enabled(context.Context, slog.Level) bool {
	if l.where == "Enabled" {
		l.fail()
	}
	return true
}

func (l failingLog) Handle(context.Context, slog.Record) error { l.fail(); return nil }
func (l failingLog) WithAttrs([]slog.Attr) slog.Handler        { return l }
func (l failingLog) WithGroup(string) slog.Handler             { return l }

// TestObserverContext: it is the request's, or Handle's.
func TestObserverContext(t *testing.T) {
	type key struct{}
	var values []any
	h := newHandler(t, takeAll, notification.WithObserver(func(ctx context.Context, _ notification.Outcome) {
		values = append(values, ctx.Value(key{}))
	}))
	body := fixtures(t)["app_unavailable.json"]
	ctx := context.WithValue(t.Context(), key{}, "the request's")
	h.ServeHTTP(httptest.NewRecorder(), signed(t, "/", newSecret, body).WithContext(ctx))
	if err := h.Handle(context.WithValue(t.Context(), key{}, "Handle's"), body); err != nil {
		t.Error(err)
	}
	if want := []any{"the request's", "Handle's"}; !slices.Equal(values, want) {
		t.Errorf("got %v, want %v", values, want)
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
	if got.Kind != notification.OutcomeFailed || got.Status != 0 || got.Notification == nil {
		t.Errorf("got %+v", got)
	}
	if got.Reason != "goroutine ended" || got.Err == nil || !strings.Contains(got.Err.Error(), "ended its goroutine") {
		t.Errorf("got %q, %v", got.Reason, got.Err)
	}
	if line := fmt.Sprint(&log); !strings.Contains(line, "level=ERROR") || !strings.Contains(line, "type=AppUnavailable") {
		t.Errorf("logged %q", line)
	}
}

// TestLogLevels: what is acknowledged is of interest while debugging only.
func TestLogLevels(t *testing.T) {
	good := fixtures(t)["app_unavailable.json"]
	fail := func(context.Context, *notification.Notification) error { return errors.New("disk full") }
	for _, test := range []struct {
		name, secret string
		body         []byte
		handle       handleFunc
		level        string
	}{
		{"handled", newSecret, good, takeAll, "DEBUG"},
		{"refused", "x", good, takeAll, "WARN"},
		{"failed", newSecret, good, fail, "ERROR"},
		{"malformed", newSecret, []byte("{}"), takeAll, "ERROR"},
	} {
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		h := newHandler(t, test.handle, notification.WithLogger(logger))
		h.ServeHTTP(httptest.NewRecorder(), signed(t, "/", test.secret, test.body))
		if lines := log.String(); strings.Count(lines, "\n") != 1 || !strings.Contains(lines, "level="+test.level+" ") {
			t.Errorf("%s: logged %q, want one line at %s", test.name, lines, test.level)
		}
	}
}

// observeTo sends each outcome to a channel.
func observeTo(outcomes chan<- notification.Outcome) notification.Option {
	return notification.WithObserver(func(_ context.Context, o notification.Outcome) { outcomes <- o })
}
