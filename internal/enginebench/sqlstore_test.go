package enginebench

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/ascmarketplace/webhooks/internal/mariadbtest"
	"github.com/ascmarketplace/webhooks/internal/pgtest"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/notification/sqlstore"
)

func startSQLite(b *testing.B) engine {
	dsn := filepath.Join(b.TempDir(), "inbox.db") + "?_pragma=journal_mode(WAL)"
	return onSQL(b, openSQL(b, "sqlite", dsn), sqlstore.SQLite, "BLOB", "?, ?")
}

func startMariaDB(b *testing.B) engine {
	server := mariadbtest.Start(b)
	if _, err := openSQL(b, "mysql", server.DSN("root", "")).ExecContext(b.Context(), "CREATE DATABASE test"); err != nil {
		b.Fatal(err)
	}
	dsn := server.DSN("root", "test") + "?interpolateParams=true"
	return onSQL(b, openSQL(b, "mysql", dsn), sqlstore.MySQL, "LONGBLOB", "?, ?")
}

func startPostgreSQL(b *testing.B) engine {
	return onSQL(b, openSQL(b, "pgx", pgtest.Start(b).NewDatabase(b)), sqlstore.PostgreSQL, "bytea", "$1, $2")
}

func openSQL(b *testing.B, driver, dsn string) *sql.DB {
	b.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(poolSize)
	db.SetMaxIdleConns(poolSize)
	b.Cleanup(func() { _ = db.Close() })
	return db
}

// onSQL inserts a row in the transaction of sqlstore.
func onSQL(b *testing.B, db *sql.DB, dialect sqlstore.Dialect, bytes, values string) engine {
	b.Helper()
	inbox := fmt.Sprintf(`CREATE TABLE inbox (id VARCHAR(512) NOT NULL, body %s NOT NULL)`, bytes)
	for _, statement := range []string{dialect.Schema(), inbox} {
		if _, err := db.ExecContext(b.Context(), statement); err != nil {
			b.Fatal(err)
		}
	}
	store, err := sqlstore.New(db, dialect, "bench")
	if err != nil {
		b.Fatal(err)
	}
	if err := store.Check(b.Context()); err != nil {
		b.Fatal(err)
	}
	insert := fmt.Sprintf(`INSERT INTO inbox (id, body) VALUES (%s)`, values)
	return engine{
		options: []notification.Option{notification.WithDeduplicator(store)},
		function: func(ctx context.Context, n *notification.Notification) error {
			tx, err := sqlstore.Tx(ctx)
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, insert, n.ID, n.Raw)
			return err
		},
		stored: func() (n int) {
			if err := db.QueryRowContext(b.Context(), `SELECT count(*) FROM inbox`).Scan(&n); err != nil {
				b.Error(err)
			}
			return n
		},
	}
}
