package notification_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
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

// TestOtherBody: an ID that was handled with another body is a duplicate, and
// told as what it is: from the memory, and for a copy that waited for the first.
func TestOtherBody(t *testing.T) {
	first := fixtures(t)["app_unavailable.json"]
	other := append([]byte(" "), first...)
	for name, send := range map[string]func(post func([]byte)){
		"later": func(post func([]byte)) { post(first); post(other) },
		"meanwhile": func(post func([]byte)) {
			var waiting sync.WaitGroup
			waiting.Go(func() { post(first) })
			synctest.Wait()
			post(other)
			waiting.Wait()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var logged bytes.Buffer
				var mu sync.Mutex
				var outcomes []notification.Outcome
				h := newHandler(t, func(context.Context, *notification.Notification) error {
					time.Sleep(time.Second)
					return nil
				}, notification.WithLogger(slog.New(slog.NewTextHandler(&logged, nil))),
					notification.WithObserver(func(_ context.Context, o notification.Outcome) {
						mu.Lock()
						defer mu.Unlock()
						outcomes = append(outcomes, o)
					}))
				client, _, stop := serve(t, h)
				defer stop()
				send(func(body []byte) {
					if status := deliver(t, client, anyURL, newSecret, body); status != http.StatusOK {
						t.Errorf("got %d", status)
					}
				})
				if err := h.Handle(t.Context(), other); err != nil {
					t.Errorf("Handle: %v", err)
				}
				kinds := map[notification.OutcomeKind]int{} // in any order: both are told when the first is done
				for _, o := range outcomes {
					kinds[o.Kind]++
					if errors.Is(o.Err, notification.ErrOtherBody) != (o.Kind == notification.OutcomeDuplicate) {
						t.Errorf("%s, %v", o.Kind, o.Err)
					}
				}
				if kinds[notification.OutcomeHandled] != 1 || kinds[notification.OutcomeDuplicate] != 2 {
					t.Errorf("got %v", kinds)
				}
				if got := strings.Count(logged.String(), "level=WARN"); got != 2 {
					t.Errorf("%d warnings, want 2:\n%s", got, logged.String())
				}
			})
		})
	}
}

// TestDuplicateConcurrent sends copies while the first is being handled. None is
// acknowledged before the first is done; if it fails, another one takes its turn.
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

// TestDuplicateSenderLeaves: a copy that waits does not outlive its sender.
func TestDuplicateSenderLeaves(t *testing.T) {
	body := fixtures(t)["app_unavailable.json"]
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, func(context.Context, *notification.Notification) error {
			time.Sleep(9 * time.Second)
			return nil
		})
		var inside atomic.Int64
		client, _, stop := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			inside.Add(1)
			defer inside.Add(-1)
			h.ServeHTTP(w, r)
		}))
		defer stop()
		var first sync.WaitGroup
		first.Go(func() { deliver(t, client, anyURL, newSecret, body) })
		synctest.Wait()
		hangUp(t, client, body, time.Second)
		synctest.Wait()
		if n := inside.Load(); n != 1 {
			t.Errorf("%d inside, want the first alone", n)
		}
		first.Wait()
	})
}

// TestCopiesWaitBeforeTheStore sends one slow notification twenty times: the
// four connections of the store stay free for the others.
func TestCopiesWaitBeforeTheStore(t *testing.T) {
	slow := fixtures(t)["app_unavailable.json"]
	for _, test := range []struct {
		name    string
		result  error
		status  int
		entered int64 // copies that reached the store
	}{{"the first succeeds", nil, 200, 1}, {"each fails", errors.New("disk full"), 500, 20}} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				connections := make(chan struct{}, 4)
				memory := notification.NewMemory()
				var entered atomic.Int64
				pool := storeOf(func(ctx context.Context, n *notification.Notification, handle func(context.Context) error) error {
					if bytes.Equal(n.Raw, slow) {
						entered.Add(1)
					}
					connections <- struct{}{}
					defer func() { <-connections }()
					return memory.Once(ctx, n, handle)
				})
				h := newHandler(t, func(_ context.Context, n *notification.Notification) error {
					if !bytes.Equal(n.Raw, slow) {
						return nil
					}
					time.Sleep(time.Second)
					return test.result
				}, notification.WithDeduplicator(pool), notification.WithTimeout(time.Minute))
				client, _, stop := serve(t, h)
				defer stop()
				start := time.Now()
				var copies, others sync.WaitGroup
				for range 20 {
					copies.Go(func() {
						if status := deliver(t, client, anyURL, newSecret, slow); status != test.status {
							t.Errorf("a copy: got %d, want %d", status, test.status)
						}
					})
				}
				synctest.Wait()
				for range 50 {
					others.Go(func() {
						body, err := json.Marshal(notification.New(events()[0]))
						if err != nil {
							t.Error(err)
						}
						if status := deliver(t, client, anyURL, newSecret, body); status != 200 || time.Since(start) != 0 {
							t.Errorf("another: got %d after %v, want 200 at once", status, time.Since(start))
						}
					})
				}
				others.Wait()
				copies.Wait()
				if entered.Load() != test.entered {
					t.Errorf("%d copies reached the store, want %d", entered.Load(), test.entered)
				}
				if n := notification.Flights(h); n != 0 {
					t.Errorf("%d IDs are left in the gate", n)
				}
			})
		})
	}
}

// storeOf is a Deduplicator that does as a test says, knowing the notification.
type storeOf func(context.Context, *notification.Notification, func(context.Context) error) error

func (s storeOf) Once(ctx context.Context, n *notification.Notification, handle func(context.Context) error) error {
	return s(ctx, n, handle)
}

// TestMemoryIsBounded fills the memory past its bounds: the oldest is forgotten first.
func TestMemoryIsBounded(t *testing.T) {
	for _, test := range []struct {
		name string
		id   func(int) string
		size int
	}{
		{"in number", strconv.Itoa, 1 << 16},
		{"in bytes", func(i int) string { return fmt.Sprintf("%0512d", i) }, 4 << 20 / 512},
	} {
		t.Run(test.name, func(t *testing.T) {
			calls := 0
			memory := notification.NewMemory()
			once := func(i int) bool {
				before := calls
				n := &notification.Notification{ID: test.id(i)}
				if err := memory.Once(t.Context(), n, func(context.Context) error { calls++; return nil }); err != nil {
					t.Fatal(err)
				}
				return calls > before
			}
			for i := range test.size {
				once(i)
			}
			if once(0) {
				t.Error("forgot the oldest below its bound")
			}
			once(test.size)
			if once(1) || once(test.size) {
				t.Error("forgot one of the latest")
			}
			if got := notification.Remembered(memory); got != test.size {
				t.Errorf("remembers %d, want %d", got, test.size)
			}
			if !once(0) {
				t.Error("remembers more than its bound")
			}
		})
	}
}
