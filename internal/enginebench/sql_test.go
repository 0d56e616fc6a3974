package enginebench

import (
	"context"
	"database/sql"
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

// startSQLite inserts a row in the transaction of sqlstore, in a file.
func startSQLite(b *testing.B) engine {
	return onSQL(b, "sqlite", "file:"+filepath.Join(b.TempDir(), "n.db")+"?_pragma=journal_mode(WAL)", sqlstore.SQLite)
}

// startSQL does the same in PostgreSQL, through database/sql.
func startSQL(b *testing.B) engine {
	return onSQL(b, "pgx", pgtest.Start(b).NewDatabase(b), sqlstore.PostgreSQL)
}

// startMariaDB does the same in MariaDB.
func startMariaDB(b *testing.B) engine {
	return onSQL(b, "mysql", mariadbtest.Start(b).DSN("app", "test"), sqlstore.MySQL)
}

func onSQL(b *testing.B, driver, dsn string, dialect sqlstore.Dialect) engine {
	b.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(poolSize)
	db.SetMaxIdleConns(poolSize)
	insert, body := `INSERT INTO inbox (id, body) VALUES (?, ?)`, "BLOB"
	if dialect == sqlstore.PostgreSQL {
		insert, body = `INSERT INTO inbox (id, body) VALUES ($1, $2)`, "bytea"
	}
	for _, statement := range []string{dialect.Schema(), `CREATE TABLE inbox (id VARCHAR(512) NOT NULL, body ` + body + ` NOT NULL)`} {
		if _, err := db.ExecContext(b.Context(), statement); err != nil {
			b.Fatal(err)
		}
	}
	store, err := sqlstore.New(db, dialect, "bench")
	if err != nil {
		b.Fatal(err)
	}
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
