package pgxstore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ascmarketplace/webhooks/internal/pgtest"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/notification/pgxstore"
)

var secret = []byte("known to App Store Connect and to us")

// effects has no unique id: an effect that happens twice is there twice.
const effects = `CREATE TABLE effects (id text NOT NULL)`

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
	if _, err := newPool(tb, url).Exec(tb.Context(), pgxstore.Schema+pgxstore.Schema+effects); err != nil {
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

type function = func(context.Context, *notification.Notification) error

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
func replica(tb testing.TB, database string, f function, opts ...notification.Option) string {
	tb.Helper()
	server := httptest.NewServer(newHandler(tb, f, append(opts,
		notification.WithDeduplicator(newStore(tb, newPool(tb, database))))...))
	tb.Cleanup(server.Close)
	return server.URL
}

func newHandler(tb testing.TB, f function, opts ...notification.Option) http.Handler {
	tb.Helper()
	verifier, err := notification.NewVerifier(secret)
	if err != nil {
		tb.Fatal(err)
	}
	handler, err := notification.NewHandler(verifier, f,
		append(opts, notification.WithLogger(slog.New(slog.DiscardHandler)))...)
	if err != nil {
		tb.Fatal(err)
	}
	return handler
}

// newBody is a notification like no other.
func newBody(tb testing.TB) []byte {
	tb.Helper()
	body, err := json.Marshal(notification.New(&notification.AppUnavailable{MarketplaceAppID: "1", AppID: "2"}))
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

// post returns the status, or 0 if there is no response.
func post(tb testing.TB, client *http.Client, url string, body []byte) int {
	request, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		tb.Error(err)
		return 0
	}
	request.Header.Set(notification.SignatureHeader, notification.Sign(secret, body))
	response, err := client.Do(request)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
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
