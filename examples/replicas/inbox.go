package main

import (
	"context"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/notification/pgxstore"
)

// newReceiver returns the receiver. It stores a notification and enqueues its job in
// the transaction that remembers it as handled: 200 comes after all three.
func newReceiver(
	v *notification.Verifier, handled *pgxstore.Store, jobs *river.Client[pgx.Tx],
) (*notification.Handler, error) {
	store := func(ctx context.Context, n *notification.Notification) error {
		tx, err := pgxstore.Tx(ctx)
		if err != nil {
			return err
		}
		// A copy may come after its record was pruned: what is in the inbox is a duplicate.
		stored, err := tx.Exec(ctx, `INSERT INTO inbox (id, body) VALUES ($1, $2) ON CONFLICT DO NOTHING`, n.ID, n.Raw)
		if err != nil || stored.RowsAffected() == 0 {
			return err
		}
		_, err = jobs.InsertTx(ctx, tx, applyArgs{n.ID}, insertOpts(n.Event))
		return err
	}
	observe := func(_ context.Context, o notification.Outcome) {
		if o.Kind == notification.OutcomeFailed || o.Kind == notification.OutcomeUnavailable {
			slog.Error("not stored", "error", o.Err) // the errors of a database quote no notification
		}
	}
	return notification.NewHandler(v, store, notification.WithDeduplicator(handled), notification.WithObserver(observe))
}

// backlogQuery tells how many notifications are not applied yet, and the age of the
// oldest. It grows when the workers don't keep up, and when a single row keeps failing.
const backlogQuery = `
	SELECT json_build_object('waiting', count(*),
		'oldestSeconds', coalesce(extract(epoch FROM now() - min(received_at)), 0))
	FROM inbox WHERE state = 'new'`
