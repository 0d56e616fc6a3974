// Package sqlstore is a [notification.Deduplicator] on any of the databases of
// database/sql that are common: SQLite, MySQL, MariaDB and PostgreSQL. It
// remembers what was handled across restarts, and needs only the standard
// library and the driver that you import.
//
//	db, err := sql.Open("sqlite", "inbox.db") // modernc.org/sqlite, or "sqlite3" of mattn/go-sqlite3
//	...
//	store, err := sqlstore.New(db, sqlstore.SQLite, "catalogue")
//	...
//	handler, err := notification.NewHandler(verifier, func(ctx context.Context, n *notification.Notification) error {
//		tx, err := sqlstore.Tx(ctx)
//		if err != nil {
//			return err
//		}
//		_, err = tx.ExecContext(ctx, `INSERT INTO inbox (id, body) VALUES (?, ?)`, n.ID, n.Raw)
//		return err
//	}, notification.WithDeduplicator(store))
//
// Create the table from [Dialect.Schema] in a migration, call [Store.Check]
// before the service starts, and [Store.Prune] once a day. The service's name
// is the scope of the IDs: two services on one database, each with a webhook
// of its own, both handle an event; replicas of one service share its name.
//
// # Use the transaction, not the database
//
// What the function does in [Tx] is committed together with the record that
// the notification was handled, or not at all: its effect is exactly once.
// What it does elsewhere, through the *sql.DB, over HTTP, may happen again
// when the commit fails. The *sql.DB inside the function is a trap of its own:
// on SQLite it waits for a lock that the transaction holds, elsewhere for a
// second connection while each waiting call holds one. Leave commit and
// rollback to Once, and on MySQL create or alter no table in the function,
// which commits at once. Return the error of each statement: after one that
// failed, only PostgreSQL refuses to commit the rest.
//
// # Settings
//
// On SQLite the Store writes one notification after the other and sets
// synchronous=FULL and a busy_timeout on the connections that it uses, since
// modernc waits for no lock by default and mattn lets a power cut undo the
// last commits. It refuses a database in memory, and journal_mode OFF and
// MEMORY. WAL lets others read meanwhile: put _pragma=journal_mode(WAL) in
// modernc's data source name, _journal_mode=WAL in mattn's.
//
// On a server, limit the pool: a notification occupies one connection while
// its function runs. Call SetMaxOpenConns, and SetMaxIdleConns with the same
// number, or all but two are closed after each use. With go-sql-driver/mysql,
// interpolateParams=true saves two round trips a statement.
//
// # What can be lost
//
// A commit is on the disk before the handler responds with 200. A failover to
// an asynchronous replica forgets the last commits. [Store.Check] refuses
// servers that write later, such as innodb_flush_log_at_trx_commit=2.
package sqlstore
