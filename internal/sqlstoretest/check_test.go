package sqlstoretest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/notification/sqlstore"
)

// Check accepts the schema and leaves no trace. It says what is wrong with another table.
func TestCheck(t *testing.T) {
	servers := &servers{tb: t}
	for _, name := range databases {
		t.Run(name, func(t *testing.T) {
			s := servers.newSource(t, name)
			check := func() error { return s.store(t).Check(t.Context()) }
			refused := func(table string) {
				t.Helper()
				if err := check(); err == nil || !strings.Contains(err.Error(), "Schema") {
					t.Errorf("%s: got %v", table, err)
				}
			}
			refused("no table")
			s.exec(t, `CREATE TABLE handled_notifications (name VARCHAR(9))`)
			refused("a foreign table")
			s.exec(t, `DROP TABLE handled_notifications`)
			schema := s.dialect.Schema()
			if s.dialect == sqlstore.MySQL {
				for what, replace := range map[string][2]string{
					"a collation that confuses":  {"VARBINARY(512)", "VARCHAR(512)"},
					"a short column":             {"VARBINARY(512)", "VARBINARY(500)"},
					"an engine without rollback": {"InnoDB", "MyISAM"},
				} {
					s.exec(t, strings.Replace(schema, replace[0], replace[1], 1))
					refused(what)
					s.exec(t, `DROP TABLE handled_notifications`)
				}
			} else {
				s.exec(t, strings.Replace(schema, "PRIMARY KEY (service, id)", "PRIMARY KEY (service, id, body_hash)", 1))
				refused("a key of more columns")
				s.exec(t, `DROP TABLE handled_notifications`)
			}
			s.exec(t, schema)
			if err := check(); err != nil {
				t.Error(err)
			}
			if n := s.count(t, `SELECT count(*) FROM handled_notifications`); n != 0 {
				t.Errorf("%d rows are left", n)
			}
		})
	}
}

// A server that writes later than it confirms is refused.
func TestCheckSettings(t *testing.T) {
	servers := &servers{tb: t}
	t.Run("PostgreSQL", func(t *testing.T) {
		s := servers.newSource(t, "PostgreSQL")
		s.migrate(t)
		s.dsn += "&synchronous_commit=off"
		if err := s.store(t).Check(t.Context()); err == nil || !strings.Contains(err.Error(), "synchronous_commit") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("MariaDB", func(t *testing.T) {
		s := servers.newSource(t, "MariaDB")
		s.migrate(t)
		source{sqlstore.MySQL, "mysql", servers.mariadb.DSN("root", "")}.exec(t, `SET GLOBAL innodb_flush_log_at_trx_commit = 2`)
		if err := s.store(t).Check(t.Context()); err == nil || !strings.Contains(err.Error(), "innodb_flush_log_at_trx_commit") {
			t.Errorf("got %v", err)
		}
	})
}

// New connects to nothing, and what New has not made refuses to work.
func TestRefused(t *testing.T) {
	db := source{sqlstore.PostgreSQL, "pgx", "postgres:///none?host=/nowhere"}.open(t)
	store, err := sqlstore.New(db, sqlstore.PostgreSQL, "service")
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Check(t.Context()); err == nil {
		t.Error("Check found a database that is not there")
	}
	if _, err := sqlstore.New(nil, sqlstore.SQLite, "service"); err == nil {
		t.Error("New took a nil database")
	}
	if _, err := sqlstore.New(db, "Oracle", "service"); err == nil || !strings.Contains(err.Error(), "Oracle") {
		t.Errorf("an unknown dialect: %v", err)
	}
	for _, store := range []*sqlstore.Store{nil, {}} {
		once := store.Once(t.Context(), &notification.Notification{ID: "1"}, func(context.Context) error {
			t.Error("called")
			return nil
		})
		_, prune := store.Prune(t.Context(), time.Now().AddDate(0, 0, -30))
		for _, err := range []error{once, prune, store.Check(t.Context())} {
			if err == nil || !strings.Contains(err.Error(), "New") {
				t.Errorf("got %v", err)
			}
		}
	}
	if _, err := sqlstore.Tx(t.Context()); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("Tx outside of a function: %v", err)
	}
}
