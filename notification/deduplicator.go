package notification

import (
	"context"
	"errors"
)

// ErrOtherBody is what a Deduplicator returns when the ID was handled before
// with another body. The notification is a duplicate all the same: the response
// is 200, [Outcome].Err tells it, and the Handler logs a warning.
var ErrOtherBody = errors.New("notification: the ID has been handled with another body")

// A Deduplicator lets each notification be handled successfully once.
//
// Once calls handle and returns its error, unless a notification with the same
// ID has been handled before: then it returns nil without calling handle, or an
// error that matches [ErrOtherBody] if it remembers another [Notification].Raw. If
// another process is handling that ID, Once waits for the result or until ctx
// is done. When handle returns nil the notification counts as handled; when it
// returns an error, or does not return, it must be possible to handle it again.
//
// Any other error from Once means that the store failed, and the response is
// 503. The Handler logs only the error's type, since the text may quote the
// payload, and passes the error to [WithObserver]. Once must be safe for
// concurrent use, and call handle at most once, in the calling goroutine. The
// Handler never calls it for the same ID twice at the same time: copies wait
// in the Handler, where they occupy no connection of the store.
//
// Package sqlstore is one on SQLite, MySQL, MariaDB and PostgreSQL. On any
// other database a table with a unique ID does all of this, where the second
// insert of an ID waits for the first transaction, as it does in READ
// COMMITTED. What the function does in that transaction, which it takes from
// its context, has effect exactly once:
//
//	func (i *Inbox) Once(ctx context.Context, n *notification.Notification, handle func(context.Context) error) error {
//		tx, err := i.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
//		if err != nil {
//			return err
//		}
//		defer tx.Rollback()
//		result, err := tx.ExecContext(ctx,
//			`INSERT INTO inbox (id, body) VALUES ($1, $2) ON CONFLICT DO NOTHING`, n.ID, n.Raw)
//		if err != nil {
//			return err
//		}
//		if rows, err := result.RowsAffected(); rows == 0 || err != nil {
//			return err
//		}
//		if err := handle(withTx(ctx, tx)); err != nil {
//			return err
//		}
//		return tx.Commit()
//	}
type Deduplicator interface {
	Once(ctx context.Context, n *Notification, handle func(context.Context) error) error
}
