package notification

import (
	"context"
	"errors"
)

// ErrOtherBody is what a [Deduplicator] returns for a notification whose ID was
// handled before with another body. It is a duplicate all the same.
var ErrOtherBody = errors.New("notification: another body was handled under this ID before")

// A Deduplicator lets each notification be handled successfully once.
//
// Once calls handle and returns its error, unless a notification with the same
// ID has been handled before: then it returns nil, or [ErrOtherBody] if it can
// tell that the body was another, without calling handle. If another process is
// handling that ID, Once waits for the result or until ctx is done. When handle
// returns nil the notification counts as handled; when it returns an error, or
// does not return, it must be possible to handle it again.
//
// Any other error from Once means that the store failed, and the response is
// 503. The Handler logs only the error's type, since the text may quote the
// payload, and passes the error to [WithObserver]. Once must be safe for
// concurrent use, and call handle at most once, in the calling goroutine. The
// Handler never calls it for the same ID twice at the same time: copies wait
// in the Handler, where they occupy no connection of the store.
//
// Package sqlstore is one on database/sql, and pgxstore one on pgx: what the
// function writes in their transaction has its effect exactly once.
type Deduplicator interface {
	Once(ctx context.Context, n *Notification, handle func(context.Context) error) error
}
