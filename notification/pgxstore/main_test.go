package pgxstore_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ascmarketplace/webhooks/internal/pgtest"
	"github.com/ascmarketplace/webhooks/internal/storetest"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/notification/pgxstore"
)

// newPool connects to a database, and ends with the test.
func newPool(tb testing.TB, url string) *pgxpool.Pool {
	tb.Helper()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		tb.Fatal(err)
	}
	config.MaxConns = 16
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(pool.Close)
	return pool
}

// newDatabase returns the URL of a database with the schema and effects.
func newDatabase(tb testing.TB, cluster *pgtest.Cluster) string {
	tb.Helper()
	url := cluster.NewDatabase(tb)
	if _, err := newPool(tb, url).Exec(tb.Context(), pgxstore.Schema+pgxstore.Schema+storetest.Effects); err != nil {
		tb.Fatal(err)
	}
	return url
}

func newStore(tb testing.TB, pool *pgxpool.Pool) *pgxstore.Store {
	tb.Helper()
	store, err := pgxstore.New(pool, "service")
	if err != nil {
		tb.Fatal(err)
	}
	return store
}

// effect is the function of most tests: one row in the transaction.
func effect(ctx context.Context, n *notification.Notification) error {
	tx, err := pgxstore.Tx(ctx)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO effects (id) VALUES ($1)`, n.ID)
	return err
}

// replica starts a receiver with a pool of its own, and returns its URL.
func replica(tb testing.TB, database string, f storetest.Function, opts ...notification.Option) string {
	tb.Helper()
	return storetest.Receive(tb, newStore(tb, newPool(tb, database)), f, opts...)
}

func newBody(tb testing.TB) []byte {
	tb.Helper()
	return storetest.NewBodies(tb, 1)[0]
}

// count returns a number that a query finds.
func count(tb testing.TB, database, query string, args ...any) (n int) {
	tb.Helper()
	if err := newPool(tb, database).QueryRow(tb.Context(), query, args...).Scan(&n); err != nil {
		tb.Fatal(err)
	}
	return n
}

// effectsAre checks that there are so many effects, none of them twice.
func effectsAre(tb testing.TB, database string, want int) {
	tb.Helper()
	all := count(tb, database, `SELECT count(*) FROM effects`)
	distinct := count(tb, database, `SELECT count(DISTINCT id) FROM effects`)
	if all != want || distinct != want {
		tb.Errorf("%d effects of %d notifications, want %d", all, distinct, want)
	}
}
