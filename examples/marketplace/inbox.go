package main

import (
	"context"
	"database/sql"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/notification/sqlstore"
)

// newReceiver returns the receiver. It stores a notification and enqueues its job in
// the transaction that remembers it as handled: 200 comes after all three.
func newReceiver(
	v *notification.Verifier, s *store, jobs *river.Client[*sql.Tx], logger *slog.Logger,
) (*notification.Handler, error) {
	handled, err := sqlstore.New(s.writer, sqlstore.SQLite, "catalogue")
	if err != nil {
		return nil, err
	}
	keep := func(ctx context.Context, n *notification.Notification) error {
		tx, err := sqlstore.Tx(ctx)
		if err != nil {
			return err
		}
		stored, err := tx.ExecContext(ctx, `INSERT INTO inbox (id, body, received_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
			n.ID, n.Raw, time.Now().UnixMilli())
		if err != nil {
			return err
		}
		if rows, err := stored.RowsAffected(); rows == 0 {
			return err // the inbox has it from before
		}
		_, err = jobs.InsertTx(ctx, tx, applyArgs{n.ID}, insertOpts(n.Event))
		return err
	}
	observe := func(_ context.Context, o notification.Outcome) {
		if o.Kind == notification.OutcomeFailed || o.Kind == notification.OutcomeUnavailable {
			logger.Error("not stored", "error", o.Err) // the errors of a database quote no notification
		}
	}
	return notification.NewHandler(v, keep, notification.WithDeduplicator(handled), notification.WithObserver(observe))
}
