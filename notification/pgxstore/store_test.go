package pgxstore_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/internal/pgtest"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/notification/pgxstore"
)

// A store that was not made by New is refused, and so is Tx anywhere else.
func TestRefused(t *testing.T) {
	if _, err := pgxstore.New(nil, "s"); err == nil {
		t.Error("New took a nil pool")
	}
	n := &notification.Notification{ID: "1"}
	for _, store := range []*pgxstore.Store{nil, {}} {
		err := store.Once(t.Context(), n, func(context.Context) error { t.Error("called"); return nil })
		if err == nil {
			t.Error("Once worked without a pool")
		}
		if _, err := store.Prune(t.Context(), time.Now()); err == nil {
			t.Error("Prune worked without a pool")
		}
	}
	if _, err := pgxstore.Tx(t.Context()); err == nil || !strings.Contains(err.Error(), "Deduplicator") {
		t.Errorf("Tx outside of a function: %v", err)
	}
}

// What the function did is there once it has succeeded, and not before.
func TestOnce(t *testing.T) {
	cluster := pgtest.Start(t)
	for _, test := range []struct {
		name   string
		status int
		first  function
	}{
		{"an error", http.StatusInternalServerError, func(ctx context.Context, n *notification.Notification) error {
			return errors.Join(effect(ctx, n), errors.New("after the effect"))
		}},
		{"a panic", http.StatusInternalServerError, func(ctx context.Context, n *notification.Notification) error {
			panic(effect(ctx, n))
		}},
		{"a statement that failed unnoticed", http.StatusServiceUnavailable,
			func(ctx context.Context, n *notification.Notification) error {
				tx, err := pgxstore.Tx(ctx)
				if err != nil {
					return err
				}
				_, _ = tx.Exec(ctx, `SELECT 1/0`)
				return nil
			}},
		{"a rollback of its own", http.StatusServiceUnavailable,
			func(ctx context.Context, n *notification.Notification) error {
				tx, err := pgxstore.Tx(ctx)
				return errors.Join(err, effect(ctx, n), tx.Rollback(ctx))
			}},
	} {
		t.Run(test.name, func(t *testing.T) {
			database, body, calls := newDatabase(t, cluster), newBody(t), 0
			url := replica(t, database, func(ctx context.Context, n *notification.Notification) error {
				if calls++; calls == 1 {
					return test.first(ctx, n)
				}
				return effect(ctx, n)
			})
			if got := post(t, http.DefaultClient, url, body); got != test.status {
				t.Errorf("first time: got %d, want %d", got, test.status)
			}
			effectsAre(t, database, 0)
			for range 2 {
				if got := post(t, http.DefaultClient, url, body); got != http.StatusOK {
					t.Errorf("again: got %d", got)
				}
			}
			effectsAre(t, database, 1)
			if calls != 2 {
				t.Errorf("%d calls, want the one that failed and one more", calls)
			}
		})
	}

	// In SERIALIZABLE the second insert fails instead of waiting.
	t.Run("whatever the server's default isolation", func(t *testing.T) {
		database := newDatabase(t, cluster)
		database += "&default_transaction_isolation=serializable"
		level := make(chan string, 1)
		url := replica(t, database, func(ctx context.Context, n *notification.Notification) error {
			tx, err := pgxstore.Tx(ctx)
			if err != nil {
				return err
			}
			var got string
			err = tx.QueryRow(ctx, `SHOW transaction_isolation`).Scan(&got)
			level <- got
			return err
		})
		if got := post(t, http.DefaultClient, url, newBody(t)); got != http.StatusOK {
			t.Fatalf("got %d", got)
		}
		if got := <-level; got != "read committed" {
			t.Errorf("got %s", got)
		}
	})
}

// PostgreSQL's text holds every ID that there can be. One with a NUL character,
// which it would refuse for ever, does not get that far.
func TestIDs(t *testing.T) {
	database := newDatabase(t, pgtest.Start(t))
	var malformed int
	url := replica(t, database, effect, notification.WithMalformed(func(context.Context, []byte) error {
		malformed++
		return nil
	}))
	for _, test := range []struct {
		name, id string // as in JSON
		effects  int    // so far
	}{
		{"the longest", strings.Repeat("7", 512), 1},
		{"beyond the basic plane", `\ud83d\ude00`, 2},
		{"a quote and a backslash", `'\\\"`, 3},
		{"a noncharacter", `\uffff`, 4},
		{"a NUL character", `a\u0000b`, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			body := []byte(`{"data":{"type":"AppMoved","id":"` + test.id + `"}}`)
			for range 2 {
				if got := post(t, http.DefaultClient, url, body); got != http.StatusOK {
					t.Errorf("got %d", got)
				}
			}
			effectsAre(t, database, test.effects)
		})
	}
	if malformed != 2 {
		t.Errorf("%d malformed, want the one with a NUL character, twice", malformed)
	}
}

func TestPrune(t *testing.T) {
	database := newDatabase(t, pgtest.Start(t))
	pool := newPool(t, database)
	store := newStore(t, pool)
	const old, recent = 2500, 10
	_, err := pool.Exec(t.Context(), `
		INSERT INTO handled_notifications
		SELECT 'tests', 'old' || i, ''::bytea, now() - interval '31 days' FROM generate_series(1, $1::int) i UNION ALL
		SELECT 'tests', 'recent' || i, ''::bytea, now() - interval '29 days' FROM generate_series(1, $2::int) i UNION ALL
		SELECT 'another', 'old', ''::bytea, now() - interval '31 days'`, old, recent)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Prune(t.Context(), time.Now().Add(-10*24*time.Hour)); err == nil {
		t.Error("ten days ago was taken")
	}
	var replicas sync.WaitGroup
	var mu sync.Mutex
	var pruned int64
	for range 2 {
		replicas.Go(func() {
			n, err := store.Prune(t.Context(), time.Now().Add(-30*24*time.Hour))
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			pruned += n
		})
	}
	replicas.Wait()
	if pruned != old {
		t.Errorf("%d pruned, want %d", pruned, old)
	}
	if got := count(t, database, `SELECT count(*) FROM handled_notifications`); got != recent+1 {
		t.Errorf("%d are left, want %d", got, recent+1)
	}
}

// docs/scaling.md divides the table by the hash of the ID: nothing else changes.
func TestPartitioned(t *testing.T) {
	database := pgtest.Start(t).NewDatabase(t)
	pool := newPool(t, database)
	_, err := pool.Exec(t.Context(), effects+`;
		CREATE TABLE handled_notifications (
			service    text COLLATE "C" NOT NULL,
			id         text COLLATE "C" NOT NULL,
			body       bytea            NOT NULL,
			handled_at timestamptz      NOT NULL DEFAULT now(),
			PRIMARY KEY (service, id)
		) PARTITION BY HASH (service, id);
		CREATE INDEX ON handled_notifications (service, handled_at);
		CREATE TABLE handled_notifications_0 PARTITION OF handled_notifications FOR VALUES WITH (MODULUS 2, REMAINDER 0);
		CREATE TABLE handled_notifications_1 PARTITION OF handled_notifications FOR VALUES WITH (MODULUS 2, REMAINDER 1)`)
	if err != nil {
		t.Fatal(err)
	}
	const notifications = 100
	var bodies [][]byte
	for range notifications {
		bodies = append(bodies, newBody(t))
	}
	sendAll(t, []string{replica(t, database, effect), replica(t, database, effect)}, append(bodies, bodies...), nil)
	effectsAre(t, database, notifications)
	if _, err := pool.Exec(t.Context(), `UPDATE handled_notifications SET handled_at = now() - interval '12 days'`); err != nil {
		t.Fatal(err)
	}
	if pruned, err := newStore(t, pool).Prune(t.Context(), time.Now().Add(-11*24*time.Hour)); err != nil || pruned != notifications {
		t.Errorf("%d pruned, %v", pruned, err)
	}
}
