package sqlstoretest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/notification/sqlstore"
)

func event(id string) *notification.Notification {
	return &notification.Notification{ID: id, Raw: []byte("body of " + id)}
}

// handle writes the effect of n through the Store's transaction.
func (e engine) handle(n *notification.Notification) func(context.Context) error {
	return func(ctx context.Context) error {
		tx, err := sqlstore.Tx(ctx)
		if err == nil {
			_, err = tx.ExecContext(ctx, e.effect(), n.ID)
		}
		return err
	}
}

func count(t *testing.T, db *sql.DB, query string) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestOnce: what is handled once, and what is not.
func TestOnce(t *testing.T) {
	each(t, func(t *testing.T, e engine, db *sql.DB) {
		store, other := e.store(t, db, "one"), e.store(t, db, "two")
		if err := errors.Join(store.Check(t.Context()), other.Check(t.Context())); err != nil {
			t.Fatal(err)
		}
		failure := errors.New("the function failed")
		changed := event("a")
		changed.Raw = []byte("another body")
		long := event(strings.Repeat("x", 512))
		for i, test := range []struct {
			store   *sqlstore.Store
			n       *notification.Notification
			fail    error
			want    error
			effects int // in all, afterwards
		}{
			{store, event("a"), failure, failure, 0},
			{store, event("a"), nil, nil, 1},
			{store, event("a"), nil, nil, 1},
			{store, changed, nil, notification.ErrOtherBody, 1},
			{other, event("a"), nil, nil, 2},
			{store, event("A"), nil, nil, 3},
			{store, event("a "), nil, nil, 4},
			{store, event("ä"), nil, nil, 5},
			{store, long, nil, nil, 6},
			{store, long, nil, nil, 6},
		} {
			err := test.store.Once(t.Context(), test.n, func(ctx context.Context) error {
				return errors.Join(e.handle(test.n)(ctx), test.fail)
			})
			if !errors.Is(err, test.want) || test.want == nil && err != nil {
				t.Errorf("%d: %v", i, err)
			}
			if got := count(t, db, `SELECT count(*) FROM effects`); got != test.effects {
				t.Errorf("%d: %d effects, want %d", i, got, test.effects)
			}
		}
		if err := store.Once(t.Context(), event(strings.Repeat("x", 600)), nil); err == nil || !strings.Contains(err.Error(), "600 bytes") {
			t.Errorf("an ID of 600 bytes: %v", err)
		}
	})
}

// TestManyAtOnce: 300 notifications through a real handler, and a copy of each.
func TestManyAtOnce(t *testing.T) {
	each(t, func(t *testing.T, e engine, db *sql.DB) {
		secret := []byte("known to both")
		verifier, err := notification.NewVerifier(secret)
		if err != nil {
			t.Fatal(err)
		}
		handler, err := notification.NewHandler(verifier, func(ctx context.Context, n *notification.Notification) error {
			return e.handle(n)(ctx)
		}, notification.WithDeduplicator(e.store(t, db, "many")), notification.WithLogger(slog.New(slog.DiscardHandler)))
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(handler)
		defer server.Close()
		var posts sync.WaitGroup
		for i := range 600 {
			posts.Go(func() {
				body := fmt.Sprintf(`{"data":{"type":"webhookPings","id":"n%d"}}`, i/2)
				request, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(body))
				request.Header.Set(notification.SignatureHeader, notification.Sign(secret, []byte(body)))
				response, err := server.Client().Do(request)
				if err != nil || response.StatusCode != http.StatusOK {
					t.Errorf("%v %v", response, err)
					return
				}
				_ = response.Body.Close()
			})
		}
		posts.Wait()
		if got := count(t, db, `SELECT count(*) FROM effects`); got != 300 {
			t.Errorf("%d effects", got)
		}
	})
}

// TestTwoReplicas handle 200 notifications, each of which comes to both at once.
func TestTwoReplicas(t *testing.T) {
	each(t, func(t *testing.T, e engine, db *sql.DB) {
		stores := []*sqlstore.Store{e.store(t, db, "s"), e.store(t, e.open(t), "s")}
		var calls sync.WaitGroup
		for i := range 200 {
			for _, store := range stores {
				calls.Go(func() {
					n := event(fmt.Sprint("n", i))
					attempt := 0
					err := store.Once(t.Context(), n, func(ctx context.Context) error {
						attempt++
						return e.handle(n)(ctx)
					})
					if err != nil || attempt > 1 {
						t.Errorf("%d attempts, %v", attempt, err)
					}
				})
			}
		}
		calls.Wait()
		if got := count(t, db, `SELECT count(*) FROM effects`); got != 200 {
			t.Errorf("%d effects", got)
		}
	})
}

// TestDeadlock: those who wait for an insert that is taken back try again.
func TestDeadlock(t *testing.T) {
	each(t, func(t *testing.T, e engine, db *sql.DB) {
		store := e.store(t, db, "s")
		for round := range 20 {
			n := event(fmt.Sprint("n", round))
			var calls sync.WaitGroup
			var mu sync.Mutex
			first := true
			for range 5 {
				calls.Go(func() {
					err := store.Once(t.Context(), n, func(ctx context.Context) error {
						mu.Lock()
						fails := first
						first = false
						mu.Unlock()
						if err := e.handle(n)(ctx); err != nil || !fails {
							return err
						}
						return errTaken
					})
					if err != nil && !errors.Is(err, errTaken) {
						t.Error(err)
					}
				})
			}
			calls.Wait()
		}
		if got := count(t, db, `SELECT count(*) FROM effects`); got != 20 {
			t.Errorf("%d effects", got)
		}
	})
}

var errTaken = errors.New("taken back")

// TestPrune forgets one service's old notifications, in batches.
func TestPrune(t *testing.T) {
	each(t, func(t *testing.T, e engine, db *sql.DB) {
		store, other := e.store(t, db, "s"), e.store(t, db, "other")
		nothing := func(context.Context) error { return nil }
		for i := range 1500 {
			if err := store.Once(t.Context(), event(fmt.Sprint(i)), nothing); err != nil {
				t.Fatal(err)
			}
		}
		if err := other.Once(t.Context(), event("kept"), nothing); err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), `UPDATE handled_notifications SET handled_at = 1000 WHERE id <> '7'`); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Prune(t.Context(), time.Now().Add(-10*24*time.Hour)); err == nil {
			t.Error("ten days ago was accepted")
		}
		pruned, err := store.Prune(t.Context(), time.Now().Add(-12*24*time.Hour))
		if err != nil || pruned != 1499 {
			t.Errorf("pruned %d, %v", pruned, err)
		}
		if left := count(t, db, `SELECT count(*) FROM handled_notifications`); left != 2 {
			t.Errorf("%d rows are left", left)
		}
	})
}

// TestCheck names what is not fit for use.
func TestCheck(t *testing.T) {
	each(t, func(t *testing.T, e engine, db *sql.DB) {
		store := e.store(t, db, "s")
		if err := store.Check(t.Context()); err != nil {
			t.Error(err)
		}
		if rows := count(t, db, `SELECT count(*) FROM handled_notifications`); rows != 0 {
			t.Errorf("Check left %d rows", rows)
		}
		for name, table := range map[string]string{
			"no table":        "",
			"another's table": `CREATE TABLE handled_notifications (what VARCHAR(20))`,
			"without a key":   strings.Replace(e.dialect.Schema(), "PRIMARY KEY (service, id)", "CHECK (handled_at >= 0)", 1),
			"another key":     strings.Replace(e.dialect.Schema(), "PRIMARY KEY (service, id)", "UNIQUE (handled_at)", 1),
		} {
			if _, err := db.ExecContext(t.Context(), `DROP TABLE IF EXISTS handled_notifications`); err != nil {
				t.Fatal(err)
			}
			if _, err := db.ExecContext(t.Context(), strings.Replace(table, "TABLE IF NOT EXISTS", "TABLE", 1)+"\n"); err != nil && table != "" {
				t.Fatal(name, err)
			}
			if err := store.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "execute Schema") {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestDamagedFile: it is told at Check, and by each Once.
func TestDamagedFile(t *testing.T) {
	for name, driver := range map[string]string{"modernc": "sqlite", "mattn": "sqlite3"} {
		t.Run(name, func(t *testing.T) {
			file := t.TempDir() + "/n.db"
			if err := os.WriteFile(file, []byte(strings.Repeat("not a database", 1000)), 0o600); err != nil {
				t.Fatal(err)
			}
			e := engine{driver, "file:" + file, sqlstore.SQLite}
			store := e.store(t, e.open(t), "s")
			if err := store.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "not a database") {
				t.Error(err)
			}
			if err := store.Once(t.Context(), event("a"), nil); err == nil {
				t.Error("Once accepted it")
			}
		})
	}
}

// TestSettings: each connection waits for a lock, and syncs each commit, whatever the DSN says.
func TestSettings(t *testing.T) {
	for driver, dsn := range map[string]string{
		"sqlite": "?_pragma=synchronous(OFF)&_pragma=busy_timeout(0)", "sqlite3": "?_synchronous=OFF&_busy_timeout=1",
	} {
		e := engine{driver, "file:" + t.TempDir() + "/n.db" + dsn, sqlstore.SQLite}
		db := e.open(t)
		if _, err := db.ExecContext(t.Context(), e.dialect.Schema()); err != nil {
			t.Fatal(err)
		}
		err := e.store(t, db, "s").Once(t.Context(), event("a"), func(ctx context.Context) error {
			tx, err := sqlstore.Tx(ctx)
			if err != nil {
				return err
			}
			var synchronous, timeout int
			err = errors.Join(tx.QueryRowContext(ctx, `PRAGMA synchronous`).Scan(&synchronous),
				tx.QueryRowContext(ctx, `PRAGMA busy_timeout`).Scan(&timeout))
			if synchronous != 2 || timeout != 10_000 {
				t.Errorf("%s: synchronous %d, busy_timeout %d", driver, synchronous, timeout)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
