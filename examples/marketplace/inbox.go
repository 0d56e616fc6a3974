package main

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

// An inbox keeps notifications as they arrived. It is the receiver's function
// (Store) and its Deduplicator (Once), in one transaction: no notification is
// acknowledged without its row, and none has two.
type inbox struct {
	db      *sql.DB
	logger  *slog.Logger
	arrived chan struct{} // holds one value when there may be something new
}

func newInbox(db *sql.DB, logger *slog.Logger) *inbox {
	return &inbox{db: db, logger: logger, arrived: make(chan struct{}, 1)}
}

// txKey is the context key of Once's transaction.
type txKey struct{}

// Once calls handle, which is to be Store, unless n is there already.
// The same notification at the same time waits for the first one's transaction.
func (i *inbox) Once(ctx context.Context, n *notification.Notification, handle func(context.Context) error) error {
	err := inTx(ctx, i.db, func(tx *sql.Tx) error {
		var there bool
		err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM inbox WHERE id = ?)`, n.ID).Scan(&there)
		if there || err != nil {
			return err
		}
		return handle(context.WithValue(ctx, txKey{}, tx))
	})
	if err != nil {
		// The receiver logs no error's text; those of a database quote no notification.
		i.logger.Error("not stored", "error", err)
		return err
	}
	i.wake()
	return nil
}

// Store writes n down in Once's transaction. All other work comes later.
func (i *inbox) Store(ctx context.Context, n *notification.Notification) error {
	tx, ok := ctx.Value(txKey{}).(*sql.Tx)
	if !ok {
		return errors.New("Store was called outside of Once")
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO inbox (id, body, received_at) VALUES (?, ?, ?)`,
		n.ID, n.Raw, time.Now().UnixMilli())
	return err
}

// wake tells the worker that something may have arrived.
func (i *inbox) wake() {
	select {
	case i.arrived <- struct{}{}:
	default: // it has been told
	}
}
