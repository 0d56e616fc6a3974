package notification_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

// TestHandleSharesWithTheReceiver: what was posted is not handled again when it
// is read from a delivery, and the other way round.
func TestHandleSharesWithTheReceiver(t *testing.T) {
	posted, missed := fixtures(t)["webhookPingCreated.json"], fixtures(t)["buildUploadStateUpdated.json"]
	var got []*notification.Notification
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, func(_ context.Context, n *notification.Notification) error {
			got = append(got, n)
			return nil
		})
		client, _, stop := serve(t, h)
		defer stop()
		if status := deliver(t, client, anyURL, newSecret, posted); status != 200 {
			t.Errorf("posted: got %d", status)
		}
		for _, payload := range [][]byte{posted, missed, missed} {
			if err := h.Handle(t.Context(), payload); err != nil {
				t.Error(err)
			}
		}
		if status := deliver(t, client, anyURL, newSecret, missed); status != 200 {
			t.Errorf("the missed one, posted late: got %d", status)
		}
	})
	if len(got) != 2 || got[0].Type != "webhookPingCreated" || got[1].Type != "buildUploadStateUpdated" {
		t.Fatalf("handled %+v, want each once", got)
	}
	if got[0].SecretIndex != 0 || got[1].SecretIndex != -1 || !bytes.Equal(got[1].Raw, missed) {
		t.Errorf("got %+v", got)
	}
}

// TestHandleWaitsForTheReceiver: while the same one is being received, it
// waits, and reports what became of it.
func TestHandleWaitsForTheReceiver(t *testing.T) {
	body := fixtures(t)["webhookPingCreated.json"]
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		h := newHandler(t, func(context.Context, *notification.Notification) error {
			calls++
			time.Sleep(2 * time.Second)
			return nil
		})
		client, _, stop := serve(t, h)
		defer stop()
		var posted sync.WaitGroup
		posted.Go(func() { deliver(t, client, anyURL, newSecret, body) })
		synctest.Wait()
		start := time.Now()
		if err := h.Handle(t.Context(), body); err != nil || time.Since(start) != 2*time.Second || calls != 1 {
			t.Errorf("got %v after %v, %d calls", err, time.Since(start), calls)
		}
		posted.Wait()
	})
}

// TestHandleFails: it says why, and the notification may be given again.
func TestHandleFails(t *testing.T) {
	errDisk := errors.New("disk full")
	down := notification.WithDeduplicator(store(
		func(context.Context, func(context.Context) error) error { return errStore }))
	hangs := notification.WithDeduplicator(store(
		func(ctx context.Context, _ func(context.Context) error) error { <-ctx.Done(); return ctx.Err() }))
	hang := func(ctx context.Context) error { <-ctx.Done(); return nil }
	const limit = 3 * time.Second
	for _, test := range []struct {
		name string
		fail func(context.Context) error
		opts []notification.Option
		want error
		took time.Duration
	}{
		{"error", func(context.Context) error { return errDisk }, nil, errDisk, 0},
		{"too late", hang, nil, context.DeadlineExceeded, limit},
		{"store down", nil, []notification.Option{down}, errStore, 0},
		{"store hangs", nil, []notification.Option{hangs}, context.DeadlineExceeded, limit},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				opts := append(test.opts, notification.WithTimeout(limit))
				h := newHandler(t, func(ctx context.Context, _ *notification.Notification) error {
					if calls++; calls > 1 {
						return nil
					}
					return test.fail(ctx)
				}, opts...)
				start := time.Now()
				err := h.Handle(t.Context(), fixtures(t)["webhookPingCreated.json"])
				if !errors.Is(err, test.want) || time.Since(start) != test.took {
					t.Errorf("got %v after %v, want %v after %v", err, time.Since(start), test.want, test.took)
				}
				if test.fail == nil {
					return
				}
				if err := h.Handle(t.Context(), fixtures(t)["webhookPingCreated.json"]); err != nil || calls != 2 {
					t.Errorf("given again: %v, %d calls", err, calls)
				}
			})
		})
	}
}

func TestHandleSurvivesAPanic(t *testing.T) {
	h := newHandler(t, func(context.Context, *notification.Notification) error { panic("disk full") })
	if err := h.Handle(t.Context(), fixtures(t)["webhookPingCreated.json"]); err == nil {
		t.Error("no error")
	}
}

func TestHandleIsObserved(t *testing.T) {
	var kinds []notification.OutcomeKind
	h := newHandler(t, takeAll, notification.WithObserver(func(_ context.Context, o notification.Outcome) {
		if o.Status != 0 || o.Notification == nil || o.Err != nil {
			t.Errorf("observed %+v", o)
		}
		kinds = append(kinds, o.Kind)
	}))
	for range 2 {
		if err := h.Handle(t.Context(), fixtures(t)["webhookPingCreated.json"]); err != nil {
			t.Error(err)
		}
	}
	if len(kinds) != 2 || kinds[0] != notification.OutcomeHandled || kinds[1] != notification.OutcomeDuplicate {
		t.Errorf("observed %v", kinds)
	}
}

func TestZeroHandlerHandlesNothing(t *testing.T) {
	if err := new(notification.Handler).Handle(t.Context(), fixtures(t)["webhookPingCreated.json"]); err == nil {
		t.Error("no error")
	}
}
