package sqlstoretest

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/mattn/go-sqlite3"
	_ "modernc.org/sqlite"

	"github.com/ascmarketplace/webhooks/internal/mariadbtest"
	"github.com/ascmarketplace/webhooks/internal/pgtest"
	"github.com/ascmarketplace/webhooks/notification/sqlstore"
)

// engine is a database that the tests run on.
type engine struct {
	driver, dsn string
	dialect     sqlstore.Dialect
}

// engines are the four, each started when its test comes.
func engines() map[string]func(testing.TB) engine {
	return map[string]func(testing.TB) engine{
		"SQLite by modernc": func(tb testing.TB) engine {
			return engine{"sqlite", "file:" + filepath.Join(tb.TempDir(), "n.db") + "?_pragma=journal_mode(WAL)", sqlstore.SQLite}
		},
		"SQLite by mattn": func(tb testing.TB) engine {
			return engine{"sqlite3", "file:" + filepath.Join(tb.TempDir(), "n.db") + "?_journal_mode=WAL", sqlstore.SQLite}
		},
		"MariaDB": func(tb testing.TB) engine { return engine{"mysql", mariadbtest.Start(tb), sqlstore.MySQL} },
		"PostgreSQL": func(tb testing.TB) engine {
			return engine{"pgx", pgtest.Start(tb).NewDatabase(tb), sqlstore.PostgreSQL}
		},
	}
}

// each runs a test on every engine, with the schema and a table of effects. Its
// IDs need not be unique, so an effect that happens twice makes two rows.
func each(t *testing.T, test func(*testing.T, engine, *sql.DB)) {
	for name, start := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := start(t)
			db := e.open(t)
			for _, statement := range []string{e.dialect.Schema(), e.dialect.Schema(), `CREATE TABLE effects (id VARCHAR(600))`} {
				if _, err := db.ExecContext(t.Context(), statement); err != nil {
					t.Fatalf("%s: %v", statement, err)
				}
			}
			test(t, e, db)
		})
	}
}

func (e engine) open(tb testing.TB) *sql.DB {
	tb.Helper()
	db, err := sql.Open(e.driver, e.dsn)
	if err != nil {
		tb.Fatal(err)
	}
	db.SetMaxOpenConns(32) // below what a server accepts
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

func (e engine) store(tb testing.TB, db *sql.DB, service string) *sqlstore.Store {
	tb.Helper()
	store, err := sqlstore.New(db, e.dialect, service)
	if err != nil {
		tb.Fatal(err)
	}
	return store
}

// effect is the statement that records one.
func (e engine) effect() string {
	if e.dialect == sqlstore.PostgreSQL {
		return strings.Replace(`INSERT INTO effects VALUES (?)`, "?", "$1", 1)
	}
	return `INSERT INTO effects VALUES (?)`
}
