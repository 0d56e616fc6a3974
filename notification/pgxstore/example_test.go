package pgxstore_test

import (
	"context"
	"log"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ascmarketplace/webhooks/internal/pgtest"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/notification/pgxstore"
)

// The receiver of every replica: whichever of them a copy reaches, the
// notification is in the inbox once.
func Example() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	store, err := pgxstore.New(pool, "catalogue")
	if err != nil {
		log.Fatal(err)
	}
	verifier, err := notification.NewVerifier([]byte(os.Getenv("ASC_WEBHOOK_SECRET")))
	if err != nil {
		log.Fatal(err)
	}
	handler, err := notification.NewHandler(verifier, func(ctx context.Context, n *notification.Notification) error {
		tx, err := pgxstore.Tx(ctx)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO inbox (id, body) VALUES ($1, $2)`, n.ID, n.Raw)
		return err
	}, notification.WithDeduplicator(store))
	if err != nil {
		log.Fatal(err)
	}

	// In a service: notification.NewServer(":8080", handler).ListenAndServe()
	for range 2 {
		raw := []byte(`{"data":{"type":"AppUnavailable","id":"71f3b9aa","attributes":{"appId":"1"}}}`)
		if err := handler.Handle(ctx, raw); err != nil {
			log.Fatal(err)
		}
	}
}

// The migration, and a function that changes a table of its own in the
// transaction. Once is what a Handler calls.
func ExampleTx() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, pgxstore.Schema); err != nil {
		log.Fatal(err)
	}
	store, err := pgxstore.New(pool, "catalogue")
	if err != nil {
		log.Fatal(err)
	}
	n := notification.New(&notification.AppUnavailable{MarketplaceAppID: "1", AppID: "2"})
	for range 2 {
		err := store.Once(ctx, n, func(ctx context.Context) error {
			tx, err := pgxstore.Tx(ctx)
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, `UPDATE apps SET withdrawn = withdrawn + 1 WHERE id = $1`, n.AppID)
			return err
		})
		if err != nil {
			log.Fatal(err)
		}
	}
}

// Once a day, on any replica or on all of them.
func ExampleStore_Prune() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	store, err := pgxstore.New(pool, "catalogue")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := store.Prune(ctx, time.Now().AddDate(0, 0, -30)); err != nil {
		log.Fatal(err)
	}
}

// The examples need a database, so this test runs them.
func TestExamples(t *testing.T) {
	database := newDatabase(t, pgtest.Start(t))
	t.Setenv("DATABASE_URL", database)
	t.Setenv("ASC_WEBHOOK_SECRET", "secret")
	_, err := newPool(t, database).Exec(t.Context(), `
		CREATE TABLE inbox (id text NOT NULL, body bytea NOT NULL);
		CREATE TABLE apps (id text PRIMARY KEY, withdrawn int NOT NULL);
		INSERT INTO apps VALUES ('2', 0);
		INSERT INTO handled_notifications VALUES ('catalogue', 'old', '', now() - interval '31 days')`)
	if err != nil {
		t.Fatal(err)
	}
	Example()
	ExampleTx()
	ExampleStore_Prune()
	for query, want := range map[string]int{
		`SELECT count(*) FROM inbox`:                                  1,
		`SELECT withdrawn FROM apps`:                                  1,
		`SELECT count(*) FROM handled_notifications`:                  2,
		`SELECT count(*) FROM handled_notifications WHERE id = 'old'`: 0,
	} {
		if got := count(t, database, query); got != want {
			t.Errorf("%s: got %d, want %d", query, got, want)
		}
	}
}
