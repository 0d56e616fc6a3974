package notification_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/ascmarketplace/webhooks/notification"
)

// TestHandleIsCancelled: before the function is called nothing is done, and the
// error has the cause; once it is called it finishes undisturbed.
func TestHandleIsCancelled(t *testing.T) {
	body := fixtures(t)["webhookPingCreated.json"]
	errShutdown := errors.New("shutting down")
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		h := newHandler(t, func(ctx context.Context, _ *notification.Notification) error {
			calls++
			time.Sleep(2 * time.Second)
			return ctx.Err()
		})
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(errShutdown) })
		var first sync.WaitGroup
		first.Go(func() {
			if err := h.Handle(ctx, body); err != nil {
				t.Errorf("the first: %v", err)
			}
		})
		synctest.Wait()
		for _, name := range []string{"while it waits", "before"} {
			start := time.Now()
			err := h.Handle(ctx, body)
			if !errors.Is(err, context.Canceled) || !errors.Is(err, errShutdown) {
				t.Errorf("%s: got %v", name, err)
			}
			if name == "before" && time.Since(start) != 0 {
				t.Errorf("%s: took %v", name, time.Since(start))
			}
		}
		first.Wait()
		if err := h.Handle(ctx, fixtures(t)["buildUploadStateUpdated.json"]); !errors.Is(err, errShutdown) || calls != 1 {
			t.Errorf("another: got %v, %d calls", err, calls)
		}
	})
}

// TestHandleIsCancelledInTheStore: the store returns ctx.Err() only; the error matches the cause too.
func TestHandleIsCancelledInTheStore(t *testing.T) {
	errShutdown := errors.New("shutting down")
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, takeAll, notification.WithDeduplicator(store(
			func(ctx context.Context, _ func(context.Context) error) error { <-ctx.Done(); return ctx.Err() },
		)))
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(errShutdown) })
		err := h.Handle(ctx, fixtures(t)["webhookPingCreated.json"])
		if !errors.Is(err, context.Canceled) || !errors.Is(err, errShutdown) {
			t.Errorf("got %v", err)
		}
	})
}

// TestCancelledWithoutACause: what there is only once is said only once.
func TestCancelledWithoutACause(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := newHandler(t, takeAll).Handle(ctx, fixtures(t)["webhookPingCreated.json"])
	if err == nil || err.Error() != "context canceled" {
		t.Errorf("got %v", err)
	}
}

// TestHandledLeavesNothingBehind: neither the context that Handle was given, which
// may live as long as the service, nor a timer holds on to a call that is over.
func TestHandledLeavesNothingBehind(t *testing.T) {
	type key struct{}
	service, stop := context.WithCancel(t.Context())
	defer stop()
	h := newHandler(t, takeAll, notification.WithTimeout(time.Hour))
	handle := func() weak.Pointer[[64]byte] {
		value := new([64]byte)
		if err := h.Handle(context.WithValue(service, key{}, value), fixtures(t)["webhookPingCreated.json"]); err != nil {
			t.Fatal(err)
		}
		return weak.Make(value)
	}
	for _, outcome := range []string{"handled", "duplicate"} {
		value := handle()
		for range 100 {
			if runtime.GC(); value.Value() == nil {
				break
			}
		}
		if value.Value() != nil {
			t.Errorf("%s: the context's value is still reachable", outcome)
		}
	}
}
