package sqlstore_test

import (
	"context"
	"database/sql"
	"log"
	"os"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/notification/sqlstore"
)

// A receiver on a file of SQLite: a restart forgets nothing. Import a driver,
// such as modernc.org/sqlite.
func Example() {
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file:inbox.db?_pragma=journal_mode(WAL)")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(ctx, sqlstore.SQLite.Schema()+`;
		CREATE TABLE IF NOT EXISTS inbox (id TEXT PRIMARY KEY, body BLOB NOT NULL)`); err != nil {
		log.Fatal(err)
	}
	store, err := sqlstore.New(db, sqlstore.SQLite, "catalogue")
	if err != nil {
		log.Fatal(err)
	}
	if err := store.Check(ctx); err != nil {
		log.Fatal(err)
	}
	verifier, err := notification.NewVerifier([]byte(os.Getenv("ASC_WEBHOOK_SECRET")))
	if err != nil {
		log.Fatal(err)
	}
	handler, err := notification.NewHandler(verifier, func(ctx context.Context, n *notification.Notification) error {
		tx, err := sqlstore.Tx(ctx)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO inbox (id, body) VALUES (?, ?)`, n.ID, n.Raw)
		return err
	}, notification.WithDeduplicator(store))
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(notification.NewServer(":8080", handler).ListenAndServe())
}

// A migration on MySQL or MariaDB, with github.com/go-sql-driver/mysql.
func ExampleDialect_Schema() {
	db, err := sql.Open("mysql", os.Getenv("DATABASE_DSN"))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(context.Background(), sqlstore.MySQL.Schema()); err != nil {
		log.Fatal(err)
	}
}

// Once a day, on any replica or on all of them.
func ExampleStore_Prune() {
	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	store, err := sqlstore.New(db, sqlstore.PostgreSQL, "catalogue")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := store.Prune(context.Background(), time.Now().AddDate(0, 0, -30)); err != nil {
		log.Fatal(err)
	}
}

// A function that changes a table of its own in the transaction.
func ExampleTx() {
	_ = func(ctx context.Context, n *notification.Notification) error {
		tx, err := sqlstore.Tx(ctx)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE apps SET withdrawn = withdrawn + 1 WHERE id = ?`, n.AppID)
		return err
	}
}
