package notification_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

// store is a Deduplicator that does as a test says.
type store func(context.Context, func(context.Context) error) error

func (s store) Once(ctx context.Context, _ *notification.Notification, handle func(context.Context) error) error {
	return s(ctx, handle)
}

var errStore = errors.New("connection refused")

func TestStoreDown(t *testing.T) {
	body := fixtures(t)["app_unavailable.json"]
	for _, test := range []struct {
		name  string
		once  store
		calls int
	}{
		{"at the claim", func(context.Context, func(context.Context) error) error { return errStore }, 0},
		{"panic", func(context.Context, func(context.Context) error) error { panic(errStore) }, 0},
		{"at the commit", func(ctx context.Context, handle func(context.Context) error) error {
			return errors.Join(handle(ctx), errStore)
		}, 1},
	} {
		calls := 0
		server := httptest.NewServer(newHandler(t, func(context.Context, *notification.Notification) error {
			calls++
			return nil
		}, notification.WithDeduplicator(test.once)))
		if status := deliver(t, server.Client(), server.URL, newSecret, body); status != 503 || calls != test.calls {
			t.Errorf("%s: got %d, %d calls", test.name, status, calls)
		}
		server.Close()
	}
}

// TestStoreHidesAFailure: even if the store swallows it, it is no success, nor
// for a copy that waits meanwhile.
func TestStoreHidesAFailure(t *testing.T) {
	swallow := store(func(ctx context.Context, handle func(context.Context) error) error {
		_ = handle(ctx)
		return nil
	})
	synctest.Test(t, func(t *testing.T) {
		client, _, stop := serve(t, newHandler(t, func(context.Context, *notification.Notification) error {
			time.Sleep(time.Second)
			return errors.New("disk full")
		}, notification.WithDeduplicator(swallow)))
		defer stop()
		var copies sync.WaitGroup
		for range 3 {
			copies.Go(func() {
				if status := deliver(t, client, anyURL, newSecret, fixtures(t)["app_unavailable.json"]); status != 500 {
					t.Errorf("got %d, want 500", status)
				}
			})
		}
		copies.Wait()
	})
}

// TestStoreHangs bounds the claim and the commit, each by the timeout, and
// gives the function values that the store put into the context.
func TestStoreHangs(t *testing.T) {
	body := fixtures(t)["app_unavailable.json"]
	hang := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	type key struct{}
	for _, test := range []struct {
		name string
		once store
		took time.Duration
	}{
		{"at the claim", func(ctx context.Context, _ func(context.Context) error) error {
			return hang(ctx)
		}, 4 * time.Second},
		{"at the commit", func(ctx context.Context, handle func(context.Context) error) error {
			time.Sleep(3 * time.Second)
			return errors.Join(handle(context.WithValue(ctx, key{}, "transaction")), hang(ctx))
		}, (3 + 3 + 4) * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, _, stop := serve(t, newHandler(t, func(ctx context.Context, _ *notification.Notification) error {
					if ctx.Value(key{}) != "transaction" {
						t.Error("the store's value is lost")
					}
					time.Sleep(3 * time.Second)
					return ctx.Err()
				}, notification.WithTimeout(4*time.Second), notification.WithDeduplicator(test.once)))
				defer stop()
				start := time.Now()
				if status := deliver(t, client, anyURL, newSecret, body); status != 503 || time.Since(start) != test.took {
					t.Errorf("got %d after %v", status, time.Since(start))
				}
			})
		})
	}
}
