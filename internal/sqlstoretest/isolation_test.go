package sqlstoretest

import (
	"context"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/notification/sqlstore"
)

// The second insert of an ID waits for the first only in READ COMMITTED, so
// the transaction is that whatever the server's default.
func TestIsolation(t *testing.T) {
	servers := &servers{tb: t}
	for _, test := range []struct{ name, options, query string }{
		{"PostgreSQL", "&default_transaction_isolation=serializable", `SHOW transaction_isolation`},
		{"MariaDB", "?tx_isolation=%27SERIALIZABLE%27",
			`SELECT trx_isolation_level FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = CONNECTION_ID()`},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := servers.newSource(t, test.name)
			s.migrate(t)
			s.dsn = strings.Replace(s.dsn, "app@", "root@", 1) + test.options // only root sees innodb_trx
			var level string
			err := s.store(t).Once(t.Context(), &notification.Notification{ID: "1"}, func(ctx context.Context) error {
				tx, err := sqlstore.Tx(ctx)
				if err != nil {
					return err
				}
				return tx.QueryRowContext(ctx, test.query).Scan(&level)
			})
			if err != nil || !strings.EqualFold(level, "read committed") {
				t.Errorf("got %q, %v", level, err)
			}
		})
	}
}
