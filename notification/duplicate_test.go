package notification_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

func TestDuplicateLater(t *testing.T) {
	body := fixtures(t)["app_unavailable.json"]
	other := []byte(strings.Replace(string(body), `"id": "7`, `"id": "8`, 1))
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		client, _, stop := serve(t, newHandler(t, func(context.Context, *notification.Notification) error {
			calls++
			return nil
		}))
		defer stop()
		for i, step := range []struct {
			body  []byte
			wait  time.Duration
			calls int
		}{
			{body, 0, 1},
			{body, 0, 1},
			{other, time.Hour, 2},
			{body, 23*time.Hour - time.Second, 2},
			{body, time.Second, 3}, // expired; the other one is not
			{other, time.Minute, 3},
			{body, 23 * time.Hour, 3},
		} {
			time.Sleep(step.wait)
			if status := deliver(t, client, anyURL, newSecret, step.body); status != 200 || calls != step.calls {
				t.Errorf("step %d: got %d, %d calls, want %d", i, status, calls, step.calls)
			}
		}
	})
}

// TestDuplicateConcurrent sends copies while the first is being handled. None is
// answered before the first is done; if it fails, another one takes its turn.
func TestDuplicateConcurrent(t *testing.T) {
	body := fixtures(t)["app_unavailable.json"]
	for _, test := range []struct {
		name     string
		failures int
	}{{"the first succeeds", 0}, {"the first fails", 1}, {"the first two fail", 2}} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var calls, running atomic.Int64
				start := time.Now()
				client, _, stop := serve(t, newHandler(t, func(context.Context, *notification.Notification) error {
					if running.Add(1) != 1 {
						t.Error("two at once")
					}
					defer running.Add(-1)
					time.Sleep(2 * time.Second)
					if calls.Add(1) <= int64(test.failures) {
						return errors.New("disk full")
					}
					return nil
				}))
				defer stop()
				var statuses [501]atomic.Int64
				var senders sync.WaitGroup
				for range 8 {
					senders.Go(func() {
						status := deliver(t, client, anyURL, newSecret, body)
						statuses[status].Add(1)
						if committed := time.Duration(test.failures+1) * 2 * time.Second; status == 200 && time.Since(start) < committed {
							t.Errorf("200 after %v", time.Since(start))
						}
					})
				}
				senders.Wait()
				failed, ok := int64(test.failures), int64(8-test.failures)
				if statuses[500].Load() != failed || statuses[200].Load() != ok || calls.Load() != failed+1 {
					t.Errorf("%d times 500, %d times 200, %d calls", statuses[500].Load(), statuses[200].Load(), calls.Load())
				}
			})
		})
	}
}

// TestDuplicateGivesUp waits for a first that hangs: not for ever.
func TestDuplicateGivesUp(t *testing.T) {
	body := fixtures(t)["app_unavailable.json"]
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		client, _, stop := serve(t, newHandler(t, func(context.Context, *notification.Notification) error {
			<-release
			return nil
		}, notification.WithTimeout(4*time.Second)))
		defer stop()
		var first sync.WaitGroup
		first.Go(func() {
			if status := deliver(t, client, anyURL, newSecret, body); status != http.StatusServiceUnavailable {
				t.Errorf("first: %d", status)
			}
		})
		synctest.Wait()
		start := time.Now()
		if status := deliver(t, client, anyURL, newSecret, body); status != 503 || time.Since(start) != 4*time.Second {
			t.Errorf("second: %d after %v", status, time.Since(start))
		}
		time.Sleep(time.Second) // the first is now too late for certain
		close(release)
		first.Wait()
	})
}

// TestDuplicateSenderLeaves: who waits for the first does not outlive its sender.
func TestDuplicateSenderLeaves(t *testing.T) {
	body := fixtures(t)["app_unavailable.json"]
	synctest.Test(t, func(t *testing.T) {
		waiting := &watched{Deduplicator: notification.NewMemory()}
		client, _, stop := serve(t, newHandler(t, func(context.Context, *notification.Notification) error {
			time.Sleep(9 * time.Second)
			return nil
		}, notification.WithDeduplicator(waiting)))
		defer stop()
		var first sync.WaitGroup
		first.Go(func() { deliver(t, client, anyURL, newSecret, body) })
		synctest.Wait()
		hangUp(t, client, body, time.Second)
		synctest.Wait()
		if n := waiting.inside.Load(); n != 1 {
			t.Errorf("%d inside, want the first alone", n)
		}
		first.Wait()
	})
}

// watched counts the calls that are under way.
type watched struct {
	notification.Deduplicator
	inside atomic.Int64
}

func (w *watched) Once(ctx context.Context, n *notification.Notification, handle func(context.Context) error) error {
	w.inside.Add(1)
	defer w.inside.Add(-1)
	return w.Deduplicator.Once(ctx, n, handle)
}

// TestMemoryIsBounded fills the memory past its bound: the oldest is forgotten first.
func TestMemoryIsBounded(t *testing.T) {
	calls := 0
	memory := notification.NewMemory()
	once := func(id int) bool {
		before := calls
		n := &notification.Notification{ID: strconv.Itoa(id)}
		if err := memory.Once(t.Context(), n, func(context.Context) error { calls++; return nil }); err != nil {
			t.Fatal(err)
		}
		return calls > before
	}
	const size = 1 << 16
	for id := range size + 1 {
		once(id)
	}
	if once(1) || once(size) {
		t.Error("forgot one of the latest")
	}
	if !once(0) {
		t.Error("remembers more than its bound")
	}
}
