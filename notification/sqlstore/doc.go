// Package sqlstore is a [notification.Deduplicator] on SQLite, MySQL, MariaDB and
// PostgreSQL, through database/sql. It remembers what was handled across restarts,
// and needs only the standard library and the driver that you import.
//
//	db, err := sql.Open("sqlite", "file:inbox.db?_pragma=journal_mode(WAL)") // modernc.org/sqlite
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
// Create the table from [Dialect.Schema] in a migration or at start, let
// [Store.Check] tell whether the database is fit, and call [Store.Prune] once a
// day. A failing database is 503 to the sender and nothing else: the Store connects
// when it is used, and needs no restart.
//
// Each service that shares the table has a name of its own: one event may go to
// several webhooks, and each service has to handle it. Replicas of one service
// share its name. Within a service an ID stands for one event, whatever app or
// account it is of: the IDs in Apple's examples are UUIDs.
//
// # Use the transaction, not the database
//
// What the function does in [Tx] is committed together with the record that
// the notification was handled, or not at all: its effect is exactly once.
// What it does elsewhere, through the *sql.DB or over HTTP, may happen again
// when the commit fails. The *sql.DB inside the function is a trap of its own:
// on SQLite it waits for a lock that the transaction holds, elsewhere for a
// second connection while each waiting call holds one. Leave commit and
// rollback to Once. On MySQL, create or alter no table in the function: that
// commits at once. Return the error of each statement: after one that failed,
// only PostgreSQL refuses to commit the rest.
//
// # Settings
//
// On SQLite the Store writes one notification after the other. It sets
// synchronous=FULL and a busy_timeout of 5 seconds on the connections that it
// uses, unless they have more, since modernc.org/sqlite waits for no lock by
// default, and mattn/go-sqlite3 in WAL mode lets a power cut undo the last
// commits. It refuses a database in memory, and journal_mode OFF and MEMORY. WAL
// lets others read meanwhile: put _pragma=journal_mode(WAL) in modernc's data
// source name, _journal_mode=WAL in mattn's.
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
