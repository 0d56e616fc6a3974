package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// applyArgs names the row of the inbox to apply. The body is in the inbox only.
type applyArgs struct {
	ID string `json:"id"`
}

func (applyArgs) Kind() string { return "apply_notification" }

// newJobs returns River's client, which enqueues jobs and, once started, works them.
func newJobs(pool *pgxpool.Pool, versions *wrapper.PackageVersions) (*river.Client[pgx.Tx], error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{pool: pool, versions: versions})
	slots := int(pool.Config().MaxConns) / 2 // the other connections receive
	return river.NewClient(riverpgxv5.New(pool), &river.Config{
		Workers:              workers,
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: slots}},
		FetchCooldown:        10 * time.Millisecond,
		JobTimeout:           5 * time.Second,
		SoftStopTimeout:      5 * time.Second,
		RescueStuckJobsAfter: 8 * time.Second, // longer than any job runs: its replica must have been killed
		Logger:               slog.Default(),
	})
}

// A worker applies rows of the inbox to the catalogue.
type worker struct {
	river.WorkerDefaults[applyArgs]
	pool     *pgxpool.Pool
	versions *wrapper.PackageVersions
}

// Work first reads from outside, which may happen again. The effect, the row's state
// and the end of the job are then one transaction. A job may be worked twice, and
// JobCompleteTx does not tell that it has ended meanwhile: the row's state does.
// River repeats what fails.
func (w *worker) Work(ctx context.Context, job *river.Job[applyArgs]) error {
	var body []byte
	var receivedAt time.Time
	err := w.pool.QueryRow(ctx, `SELECT body, received_at FROM inbox WHERE id = $1`, job.Args.ID).Scan(&body, &receivedAt)
	if err != nil {
		return err
	}
	n, err := notification.Decode(body)
	if err != nil {
		return err
	}
	n.Timestamp = cmp.Or(n.Timestamp, receivedAt)
	var fetched wrapper.PackageVersion
	if e, ok := n.Event.(*notification.AlternativeDistributionPackageVersionCreated); ok {
		fetched, err = w.versions.Get(ctx, e.PackageVersionID)
		if err != nil && !errors.Is(err, wrapper.ErrNotFound) {
			return err
		}
	}
	return pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
		locked, err := tx.Exec(ctx, `SELECT FROM inbox WHERE id = $1 AND state = 'new' FOR UPDATE`, n.ID)
		if err != nil || locked.RowsAffected() == 0 {
			return err
		}
		state, err := apply(ctx, tx, n, fetched)
		if err != nil {
			return err
		}
		if state != "applied" {
			slog.Warn("kept out of the catalogue", "id", n.ID, "state", state)
		}
		if _, err := tx.Exec(ctx, `UPDATE inbox SET state = $2 WHERE id = $1`, n.ID, state); err != nil {
			return err
		}
		_, err = river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job)
		return err
	})
}
