package sqlstoretest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/mattn/go-sqlite3"
	_ "modernc.org/sqlite"

	"github.com/ascmarketplace/webhooks/internal/mariadbtest"
	"github.com/ascmarketplace/webhooks/internal/pgtest"
	"github.com/ascmarketplace/webhooks/internal/storetest"
	"github.com/ascmarketplace/webhooks/notification/sqlstore"
)

// A source is what a pool needs to open a database.
type source struct {
	dialect     sqlstore.Dialect
	driver, dsn string
}

// servers start when a test needs them, and end with tb.
type servers struct {
	tb      testing.TB
	mariadb *mariadbtest.Server
	pg      *pgtest.Cluster
	number  int
}

// newSource makes an empty database. Data source names are what a newcomer
// writes: with no setting that the store needs.
func (s *servers) newSource(tb testing.TB, name string) source {
	tb.Helper()
	switch name {
	case "modernc":
		return source{sqlstore.SQLite, "sqlite", filepath.Join(tb.TempDir(), "test.db")}
	case "modernc, WAL":
		return source{sqlstore.SQLite, "sqlite", filepath.Join(tb.TempDir(), "test.db") + "?_pragma=journal_mode(WAL)"}
	case "mattn, WAL":
		return source{sqlstore.SQLite, "sqlite3", filepath.Join(tb.TempDir(), "test.db") + "?_journal_mode=WAL"}
	case "PostgreSQL":
		if s.pg == nil {
			s.pg = pgtest.Start(s.tb)
		}
		return source{sqlstore.PostgreSQL, "pgx", s.pg.NewDatabase(tb)}
	}
	if s.mariadb == nil {
		s.mariadb = mariadbtest.Start(s.tb)
	}
	s.number++
	database := fmt.Sprintf("test%d", s.number)
	create := source{sqlstore.MySQL, "mysql", s.mariadb.DSN("root", "")}.open(tb)
	if _, err := create.ExecContext(tb.Context(), "CREATE DATABASE "+database); err != nil {
		tb.Fatal(err)
	}
	dsn := s.mariadb.DSN("app", database)
	if name == "MariaDB, client options" {
		dsn += "?clientFoundRows=true&interpolateParams=true&parseTime=true&loc=" + url.QueryEscape("Asia/Tokyo")
	}
	return source{sqlstore.MySQL, "mysql", dsn}
}

var databases = []string{"modernc", "modernc, WAL", "mattn, WAL", "MariaDB", "MariaDB, client options", "PostgreSQL"}

// open returns a pool, which ends with the test.
func (s source) open(tb testing.TB) *sql.DB {
	tb.Helper()
	db, err := sql.Open(s.driver, s.dsn)
	if err != nil {
		tb.Fatal(err)
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

// migrate creates the tables.
func (s source) migrate(tb testing.TB) {
	tb.Helper()
	db := s.open(tb)
	for _, statement := range []string{s.dialect.Schema(), s.dialect.Schema(), storetest.Effects} {
		if _, err := db.ExecContext(tb.Context(), statement); err != nil {
			tb.Fatal(err)
		}
	}
}

func (s source) store(tb testing.TB) *sqlstore.Store {
	tb.Helper()
	store, err := sqlstore.New(s.open(tb), s.dialect, "service")
	if err != nil {
		tb.Fatal(err)
	}
	return store
}

func (s source) exec(tb testing.TB, statement string) {
	tb.Helper()
	if _, err := s.open(tb).ExecContext(tb.Context(), statement); err != nil {
		tb.Fatal(err)
	}
}

func (s source) count(tb testing.TB, query string) (n int) {
	tb.Helper()
	if err := s.open(tb).QueryRowContext(tb.Context(), query).Scan(&n); err != nil {
		tb.Fatal(err)
	}
	return n
}

// effect returns the function of most tests.
func (s source) effect(ctx context.Context, id string) error {
	tx, err := sqlstore.Tx(ctx)
	if err != nil {
		return err
	}
	statement := `INSERT INTO effects (id) VALUES (?)`
	if s.dialect == sqlstore.PostgreSQL {
		statement = `INSERT INTO effects (id) VALUES ($1)`
	}
	_, err = tx.ExecContext(ctx, statement, id)
	return err
}

// database describes a source for the common tests.
func (s source) database() storetest.Database {
	d := storetest.Database{
		NewStore: func(tb testing.TB, service string) (storetest.Store, error) {
			return sqlstore.New(s.open(tb), s.dialect, service)
		},
		Effect: s.effect,
		Rollback: func(ctx context.Context) error {
			tx, err := sqlstore.Tx(ctx)
			return errors.Join(err, tx.Rollback())
		},
		Exec:  s.exec,
		Count: s.count,
		Row: func(service, id string, handled time.Time) string {
			return fmt.Sprintf(`('%s', '%s', x'00', %d)`, service, id, handled.Unix())
		},
	}
	switch s.dialect {
	case sqlstore.SQLite:
		d.Protect = `CREATE TRIGGER protect BEFORE DELETE ON handled_notifications WHEN OLD.id = 'second1'
			BEGIN SELECT RAISE(ABORT, 'protected'); END`
	case sqlstore.MySQL:
		d.Protect = `CREATE TRIGGER protect BEFORE DELETE ON handled_notifications FOR EACH ROW
			IF OLD.id = 'second1' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'protected'; END IF`
	case sqlstore.PostgreSQL:
		d = storetest.PostgreSQL(d)
	}
	return d
}

// TestStore runs what every store promises on each database.
func TestStore(t *testing.T) {
	servers := &servers{tb: t}
	for _, name := range databases {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(tb testing.TB) storetest.Database {
				source := servers.newSource(tb, name)
				source.migrate(tb)
				return source.database()
			})
		})
	}
}
