package notification

import "context"

// A Deduplicator lets each notification be handled successfully once.
//
// Once calls handle and returns its error, unless a notification with the same
// ID has been handled before: then it returns nil without calling handle. If
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
// In PostgreSQL a table with a unique ID does all of this: in a READ COMMITTED
// transaction, its default, the second insert waits for the first transaction.
// In REPEATABLE READ or SERIALIZABLE the second one fails with a serialization
// error instead, and the response is 503. What the function does in that
// transaction, which it takes from its context, has effect exactly once.
// Package pgxstore does this. SQLite needs a single writing connection for the
// same: see examples/marketplace.
type Deduplicator interface {
	Once(ctx context.Context, n *Notification, handle func(context.Context) error) error
}
