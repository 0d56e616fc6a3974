package pgxstore_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/internal/pgtest"
	"github.com/ascmarketplace/webhooks/internal/storetest"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/notification/pgxstore"
	"github.com/ascmarketplace/webhooks/notification/sqlstore"
)

// A store that was not made by New is refused, and so is Tx anywhere else.
func TestRefused(t *testing.T) {
	if _, err := pgxstore.New(nil, "service"); err == nil {
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

// What every store promises.
func TestStore(t *testing.T) {
	cluster := pgtest.Start(t)
	storetest.Run(t, func(tb testing.TB) storetest.Database {
		database := newDatabase(tb, cluster)
		return storetest.PostgreSQL(storetest.Database{
			NewStore: func(tb testing.TB, service string) (storetest.Store, error) {
				return pgxstore.New(newPool(tb, database), service)
			},
			Effect: func(ctx context.Context, id string) error {
				return effect(ctx, &notification.Notification{ID: id})
			},
			Rollback: func(ctx context.Context) error {
				tx, err := pgxstore.Tx(ctx)
				return errors.Join(err, tx.Rollback(ctx))
			},
			Exec: func(tb testing.TB, statement string) {
				tb.Helper()
				if _, err := newPool(tb, database).Exec(tb.Context(), statement); err != nil {
					tb.Fatal(err)
				}
			},
			Count: func(tb testing.TB, query string) int { return count(tb, database, query) },
		})
	})
}

// PostgreSQL commits nothing after a statement that failed.
func TestFailedStatement(t *testing.T) {
	database := newDatabase(t, pgtest.Start(t))
	url := replica(t, database, func(ctx context.Context, n *notification.Notification) error {
		tx, err := pgxstore.Tx(ctx)
		if err != nil {
			return err
		}
		_, _ = tx.Exec(ctx, `SELECT 1/0`)
		return nil
	})
	if got := storetest.Post(t, http.DefaultClient, url, newBody(t)); got != http.StatusServiceUnavailable {
		t.Errorf("got %d, want 503", got)
	}
}

// In SERIALIZABLE the second insert fails instead of waiting.
func TestIsolation(t *testing.T) {
	database := newDatabase(t, pgtest.Start(t))
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
	if got := storetest.Post(t, http.DefaultClient, url, newBody(t)); got != http.StatusOK {
		t.Fatalf("got %d", got)
	}
	if got := <-level; got != "read committed" {
		t.Errorf("got %s", got)
	}
}

// Rows that another transaction holds are left for the next time.
func TestPruneSkipsLockedRows(t *testing.T) {
	database := newDatabase(t, pgtest.Start(t))
	pool := newPool(t, database)
	other, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Rollback(context.Background()) }()
	_, err = pool.Exec(t.Context(), `
		INSERT INTO handled_notifications
		SELECT 'service', 'old' || i, '', now() - interval '31 days' FROM generate_series(1, 3) i`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec(t.Context(), `SELECT FROM handled_notifications WHERE id = 'old2' FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if n, err := newStore(t, pool).Prune(ctx, time.Now().AddDate(0, 0, -30)); n != 2 || err != nil {
		t.Errorf("%d pruned, %v", n, err)
	}
}

// sqlstore can take over the table, no upgrade of locales changes the order of its
// keys, and pruning reads no more than it deletes.
func TestSchema(t *testing.T) {
	if want := sqlstore.PostgreSQL.Schema() + ";"; strings.TrimSpace(pgxstore.Schema) != want {
		t.Errorf("sqlstore has another schema:\n%s", want)
	}
	database := newDatabase(t, pgtest.Start(t))
	if got := count(t, database, `SELECT count(*) FROM information_schema.columns
		WHERE table_name = 'handled_notifications' AND column_name IN ('service', 'id') AND collation_name = 'C'`); got != 2 {
		t.Errorf("%d columns of the key are in the collation C, want 2", got)
	}
	if got := count(t, database, `SELECT count(*) FROM pg_indexes
		WHERE tablename = 'handled_notifications' AND indexdef LIKE '%(service, handled_at)'`); got != 1 {
		t.Errorf("%d indexes on service and time, want 1", got)
	}
}

// docs/scaling.md divides the table by the hash of the ID: nothing else changes.
func TestPartitioned(t *testing.T) {
	database := pgtest.Start(t).NewDatabase(t)
	pool := newPool(t, database)
	_, err := pool.Exec(t.Context(), storetest.Effects+`;
		CREATE TABLE handled_notifications (
			service    text COLLATE "C" NOT NULL,
			id         text COLLATE "C" NOT NULL,
			body_hash  bytea            NOT NULL,
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
	_, err = pool.Exec(t.Context(), `UPDATE handled_notifications SET handled_at = now() - interval '31 days'`)
	if err != nil {
		t.Fatal(err)
	}
	pruned, err := newStore(t, pool).Prune(t.Context(), time.Now().AddDate(0, 0, -30))
	if err != nil || pruned != notifications {
		t.Errorf("%d pruned, %v", pruned, err)
	}
}
