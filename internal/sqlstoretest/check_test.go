package sqlstoretest

import (
	"strings"
	"testing"
	"time"

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
					"a short hash":               {"BINARY(32)", "BINARY(16)"},
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
		s = servers.newSource(t, "PostgreSQL")
		s.migrate(t)
		s.exec(t, `ALTER SYSTEM SET fsync = off`)
		s.exec(t, `SELECT pg_reload_conf()`)
		store := s.store(t)
		for begin := time.Now(); ; { // the server reads its settings when it likes
			err := store.Check(t.Context())
			if err != nil && strings.Contains(err.Error(), "fsync is off") {
				break
			}
			if time.Since(begin) > 10*time.Second {
				t.Fatalf("got %v", err)
			}
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
