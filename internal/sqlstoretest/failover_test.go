package sqlstoretest

import (
	"database/sql"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/internal/mariadbtest"
	"github.com/ascmarketplace/webhooks/internal/pgtest"
	"github.com/ascmarketplace/webhooks/internal/storetest"
	"github.com/ascmarketplace/webhooks/notification/sqlstore"
)

// A primary is a database, and what moves its address to another one.
type primary struct {
	before, after source // the two databases
	at            source // the address, which leads to before
	readOnly      func()
	isReadOnly    string // a query for each live connection
	move          func()
}

// The primary becomes read-only under live connections, and its address moves
// to another server. No notification fails for that, though each connection in
// the pool is of before.
func TestFailover(t *testing.T) {
	const connections, notifications = 8, 16
	for name, start := range map[string]func(*testing.T) primary{"PostgreSQL": newPostgreSQL, "MariaDB": newMariaDB} {
		t.Run(name, func(t *testing.T) {
			p := start(t)
			p.before.migrate(t)
			p.after.migrate(t)
			db := p.at.open(t)
			store, err := sqlstore.New(db, p.at.dialect, "service")
			if err != nil {
				t.Fatal(err)
			}
			url := storetest.Receive(t, store, p.at.database().Write)
			var live []*sql.Conn
			for range connections {
				conn, err := db.Conn(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				live = append(live, conn)
			}
			p.readOnly()
			for _, conn := range live {
				for readOnly := "off"; readOnly == "off"; { // the server tells its processes one by one
					if err := conn.QueryRowContext(t.Context(), p.isReadOnly).Scan(&readOnly); err != nil {
						t.Fatal(err)
					}
				}
				_ = conn.Close()
			}
			p.move()
			statuses := storetest.PostAll(t, storetest.NewBodies(t, notifications), func(int) string { return url })
			if statuses[http.StatusOK] != notifications {
				t.Errorf("got %v", statuses)
			}
			p.before.database().EffectsAre(t, 0)
			p.after.database().EffectsAre(t, notifications)
		})
	}
}

func newPostgreSQL(t *testing.T) primary {
	before, after := pgtest.Start(t), pgtest.Start(t)
	p := primary{
		before:     source{sqlstore.PostgreSQL, "pgx", before.NewDatabase(t)},
		after:      source{sqlstore.PostgreSQL, "pgx", after.NewDatabase(t)},
		readOnly:   func() { before.MakeReadOnly(t) },
		isReadOnly: `SHOW default_transaction_read_only`,
	}
	address := pgtest.NewAddress(t, before)
	p.at = source{sqlstore.PostgreSQL, "pgx", address.URL(p.before.dsn)}
	p.move = func() { address.Move(t, after) }
	return p
}

func newMariaDB(t *testing.T) primary {
	before, after := &servers{tb: t}, &servers{tb: t}
	p := primary{
		before: before.newSource(t, "MariaDB"),
		after:  after.newSource(t, "MariaDB"),
		readOnly: func() {
			source{sqlstore.MySQL, "mysql", before.mariadb.DSN("root", "")}.exec(t, `SET GLOBAL read_only = 1`)
		},
		isReadOnly: `SELECT IF(@@GLOBAL.read_only, 'on', 'off')`,
	}
	link := filepath.Join(filepath.Dir(before.mariadb.Dir()), filepath.Base(before.mariadb.Dir())+"-address")
	lead := func(to *mariadbtest.Server) {
		_ = os.Remove(link)
		if err := os.Symlink(to.Dir(), link); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = os.Remove(link) })
	lead(before.mariadb)
	p.at = source{sqlstore.MySQL, "mysql", strings.Replace(p.before.dsn, before.mariadb.Dir(), link, 1)}
	p.move = func() { lead(after.mariadb) }
	return p
}
