// Package sqlstore is a [notification.Deduplicator] on any SQL database that
// database/sql reaches: SQLite, MySQL or MariaDB, and PostgreSQL. It needs the
// standard library only; the driver is yours.
//
//	db, err := sql.Open("sqlite", "file:notifications.db?_pragma=journal_mode(WAL)")
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
// What the function writes through [Tx] is committed together with the record
// that the notification was handled, or not at all: its effect is exactly once.
// What it does elsewhere, over HTTP or through db, may happen again when the
// commit fails. Leave commit and rollback to the Store.
//
// Execute [Dialect.Schema] once, and let [Store.Check] tell at start whether the
// database is fit. A failing database is 503 to the sender and nothing else: the
// Store connects when it is used, and needs no restart.
//
// Each service that shares the table has a name of its own: one event may go to
// several webhooks, and each service has to handle it. Within a service an ID
// stands for one event, whatever app or account it is of: Apple's IDs are UUIDs.
package sqlstore
