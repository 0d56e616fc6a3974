package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/ascmarketplace/webhooks/examples/catalogue"
	"github.com/ascmarketplace/webhooks/notification"
)

// applyArgs names the row of the inbox to apply. The body is in the inbox only.
type applyArgs struct {
	ID string `json:"id"`
}

func (applyArgs) Kind() string { return "apply_notification" }

// A worker applies rows of the inbox to the catalogue.
type worker struct {
	river.WorkerDefaults[applyArgs]
	pool     *pgxpool.Pool
	packages *catalogue.Packages
}

// Timeout is River's, unless there is something to download.
func (w *worker) Timeout(job *river.Job[applyArgs]) time.Duration {
	if job.Queue == downloads {
		return downloadTimeout
	}
	return 0
}

// Work first gets what it needs from outside, which may happen again. The effect, the
// row's state and the end of the job are then one transaction. A job may be worked twice,
// and JobCompleteTx does not tell that it has ended meanwhile: the row's state does.
func (w *worker) Work(ctx context.Context, job *river.Job[applyArgs]) error {
	n, receivedAt, err := w.read(ctx, job.Args.ID)
	if err != nil {
		return err
	}
	effect, err := w.packages.Prepare(ctx, n, receivedAt)
	if later, ok := errors.AsType[*catalogue.LaterError](err); ok {
		return river.JobSnooze(later.Wait)
	}
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
		locked, lockErr := tx.Exec(ctx, `SELECT FROM inbox WHERE id = $1 AND state = 'new' FOR UPDATE`, n.ID)
		if lockErr != nil || locked.RowsAffected() == 0 {
			return lockErr
		}
		state, reason, err := effect.Apply(ctx, execIn(tx))
		if err != nil {
			return err
		}
		if reason != nil {
			slog.Warn("kept out of the catalogue", "id", n.ID, "state", state, "reason", reason)
		}
		if _, err = tx.Exec(ctx, `UPDATE inbox SET state = $2 WHERE id = $1`, n.ID, state); err != nil {
			return err
		}
		_, err = river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job)
		return err
	})
}

func (w *worker) read(ctx context.Context, id string) (n *notification.Notification, receivedAt time.Time, err error) {
	var body []byte
	err = w.pool.QueryRow(ctx, `SELECT body, received_at FROM inbox WHERE id = $1`, id).Scan(&body, &receivedAt)
	if err != nil {
		return nil, receivedAt, err
	}
	n, err = notification.Decode(body)
	return n, receivedAt, err
}

func execIn(tx pgx.Tx) catalogue.Exec {
	return func(ctx context.Context, statement string, args ...any) error {
		_, err := tx.Exec(ctx, statement, args...)
		return err
	}
}
