package notification_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

const anyURL = "http://receiver.example/"

// TestFunctionFails: an error, a panic or a late return is no success, and the
// notification can come again.
func TestFunctionFails(t *testing.T) {
	body := fixtures(t)["app_unavailable.json"]
	for _, test := range []struct {
		name   string
		fail   func(context.Context) error
		status int
		after  time.Duration
	}{
		{"error", func(context.Context) error { return errors.New("disk full") }, 500, 0},
		{"panic", func(context.Context) error { panic("disk full") }, 500, 0},
		{"too late, and says so", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, 503, 3 * time.Second},
		{"too late, and ignores it", func(context.Context) error {
			time.Sleep(7 * time.Second)
			return nil
		}, 503, 7 * time.Second},
		{"too late, then a panic", func(ctx context.Context) error { <-ctx.Done(); panic("late") }, 503, 3 * time.Second},
		{"a deadline of its own", func(context.Context) error { return context.DeadlineExceeded }, 500, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				client, _, stop := serve(t, newHandler(t, func(ctx context.Context, _ *notification.Notification) error {
					if calls++; calls > 1 {
						return nil
					}
					return test.fail(ctx)
				}, notification.WithTimeout(3*time.Second)))
				defer stop()
				start := time.Now()
				if status := deliver(t, client, anyURL, newSecret, body); status != test.status || time.Since(start) != test.after {
					t.Errorf("got %d after %v, want %d after %v", status, time.Since(start), test.status, test.after)
				}
				for range 2 {
					if status := deliver(t, client, anyURL, newSecret, body); status != 200 {
						t.Errorf("sent again: %d", status)
					}
				}
				if calls != 2 {
					t.Errorf("%d calls", calls)
				}
			})
		})
	}
}

// TestDefaultTimeout: 10 s.
func TestDefaultTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, func(ctx context.Context, _ *notification.Notification) error { <-ctx.Done(); return nil })
		start := time.Now()
		err := h.Handle(t.Context(), fixtures(t)["app_unavailable.json"])
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 10*time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
	})
}

// TestFunctionEndsItsGoroutine: even then the claim is released.
func TestFunctionEndsItsGoroutine(t *testing.T) {
	body := fixtures(t)["app_unavailable.json"]
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		client, _, stop := serve(t, newHandler(t, func(context.Context, *notification.Notification) error {
			if calls++; calls == 1 {
				runtime.Goexit()
			}
			return nil
		}))
		defer stop()
		if response, err := client.Do(signed(t, anyURL, newSecret, body)); err == nil {
			_ = response.Body.Close()
			t.Errorf("responded %d", response.StatusCode)
		}
		if status := deliver(t, client, anyURL, newSecret, body); status != 200 {
			t.Errorf("sent again: %d", status)
		}
	})
}

// TestSenderLeaves hangs up while the function works: it finishes undisturbed,
// and what it did counts.
func TestSenderLeaves(t *testing.T) {
	body := fixtures(t)["app_unavailable.json"]
	synctest.Test(t, func(t *testing.T) {
		var calls, finished atomic.Int64
		client, _, stop := serve(t, newHandler(t, func(ctx context.Context, _ *notification.Notification) error {
			calls.Add(1)
			select {
			case <-time.After(5 * time.Second):
				finished.Add(1)
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}, notification.WithDeduplicator(transactional{notification.NewMemory()})))
		defer stop()
		hangUp(t, client, body, time.Second)
		if status := deliver(t, client, anyURL, newSecret, body); status != 200 {
			t.Errorf("sent again: %d", status)
		}
		if calls.Load() != 1 || finished.Load() != 1 {
			t.Errorf("%d calls, %d finished", calls.Load(), finished.Load())
		}
	})
}

// hangUp sends a body and stops waiting for the response after a while.
func hangUp(t *testing.T, client *http.Client, body []byte, after time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), after)
	defer cancel()
	response, err := client.Do(signed(t, anyURL, newSecret, body).WithContext(ctx))
	if err == nil {
		_ = response.Body.Close()
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the sender could not leave: %v", err)
	}
}

// transactional undoes what was done if its context has ended, as database/sql does.
type transactional struct{ notification.Deduplicator }

func (d transactional) Once(
	ctx context.Context, n *notification.Notification, handle func(context.Context) error,
) error {
	return d.Deduplicator.Once(ctx, n, func(handlerCtx context.Context) error {
		return errors.Join(handle(handlerCtx), ctx.Err())
	})
}

// TestSlowSender drips headers or body; the server's limits end it.
func TestSlowSender(t *testing.T) {
	head := fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nX-Apple-Signature: hmacsha256=%064d\r\nContent-Length: 1000\r\n", 0)
	for _, test := range []struct {
		name, request, response string
		limit                   time.Duration
	}{
		{"headers", head, "", 5 * time.Second},
		{"body", head + "\r\n", "HTTP/1.1 400 Bad Request\r\n", 10 * time.Second},
		{"nothing", "", "", 5 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, l, stop := serve(t, newHandler(t, takeAll))
				defer stop()
				conn, err := l.dial(t.Context(), "", "")
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				var sender sync.WaitGroup
				sender.Go(func() {
					_, err := io.WriteString(conn, test.request)
					for test.request != "" && err == nil {
						time.Sleep(time.Second)
						_, err = io.WriteString(conn, "x")
					}
				})
				response, err := io.ReadAll(conn)
				// The server lingers a moment so that its response is read before the end.
				if took := time.Since(start); err != nil || took < test.limit || took > test.limit+time.Second {
					t.Errorf("cut off after %v, want %v (%v)", took, test.limit, err)
				}
				if !strings.HasPrefix(string(response), test.response) {
					t.Errorf("responded %q", response)
				}
				conn.Close()
				sender.Wait()
			})
		})
	}
}
