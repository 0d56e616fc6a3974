package main

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"github.com/ascmarketplace/webhooks/examples/catalogue"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/notification/sqlstore"
)

// Downloads have a queue of their own, so that nothing else waits for them.
const (
	downloads       = "downloads"
	downloadTimeout = time.Hour
)

// applyArgs names the row of the inbox to apply. The body is in the inbox only.
type applyArgs struct {
	ID string `json:"id"`
}

func (applyArgs) Kind() string { return "apply_notification" }

// insertOpts says where the job of an event waits: in the catalogue's queue, what
// withdraws something comes first.
func insertOpts(event notification.Event) *river.InsertOpts {
	if _, ok := event.(*notification.AlternativeDistributionPackageVersionCreated); ok {
		return &river.InsertOpts{Queue: downloads}
	}
	if catalogue.Withdraws(event) {
		return &river.InsertOpts{Priority: 1}
	}
	return &river.InsertOpts{Priority: 2}
}

// newJobs returns River's client, which enqueues jobs and, once started, works them.
// It repeats what fails, with growing waits, for about three weeks.
func newJobs(
	s *store, handled *sqlstore.Store, packages *catalogue.Packages, logger *slog.Logger,
) (*river.Client[*sql.Tx], error) {
	// Nobody else works on this file, so what is marked as running was killed.
	if _, err := s.writer.Exec(`UPDATE river_job SET state = 'available' WHERE state = 'running'`); err != nil {
		return nil, err
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{store: s, packages: packages, logger: logger})
	river.AddWorker(workers, &pruner{store: s, handled: handled})
	return river.NewClient(riversqlite.New(s.writer), &river.Config{
		Workers: workers,
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 20}, downloads: {MaxWorkers: 4}},
		PeriodicJobs: []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(24*time.Hour),
			func() (river.JobArgs, *river.InsertOpts) { return pruneArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true})},
		PollOnly:             true, // SQLite notifies nobody
		FetchCooldown:        10 * time.Millisecond,
		FetchPollInterval:    100 * time.Millisecond,
		JobTimeout:           20 * time.Second,
		RescueStuckJobsAfter: 30 * time.Second, // longer than any job runs, downloads excepted
		SoftStopTimeout:      5 * time.Second,
		Logger:               logger,
	})
}

// A worker applies rows of the inbox to the catalogue.
type worker struct {
	river.WorkerDefaults[applyArgs]
	store    *store
	packages *catalogue.Packages
	logger   *slog.Logger
}

// Timeout is River's, unless there is something to download.
func (w *worker) Timeout(job *river.Job[applyArgs]) time.Duration {
	if job.Queue == downloads {
		return downloadTimeout
	}
	return 0
}

// Work first gets what it needs from outside, which may happen again. The effect, the
// row's state and the end of the job are then one transaction.
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
	return w.store.inTx(ctx, func(tx *sql.Tx) error {
		state, reason, err := effect.Apply(ctx, execIn(tx))
		if err != nil {
			return err
		}
		if reason != nil {
			w.logger.Warn("kept out of the catalogue", "id", n.ID, "state", state, "reason", reason)
		}
		if _, err = tx.ExecContext(ctx, `UPDATE inbox SET state = ? WHERE id = ?`, state, n.ID); err != nil {
			return err
		}
		_, err = river.JobCompleteTx[*riversqlite.Driver](ctx, tx, job)
		return err
	})
}

func (w *worker) read(ctx context.Context, id string) (*notification.Notification, time.Time, error) {
	var body []byte
	var millis int64
	err := w.store.readers.QueryRowContext(ctx, `SELECT body, received_at FROM inbox WHERE id = ?`, id).Scan(&body, &millis)
	if err != nil {
		return nil, time.Time{}, err
	}
	n, err := notification.Decode(body)
	return n, time.UnixMilli(millis), err
}

func execIn(tx *sql.Tx) catalogue.Exec {
	return func(ctx context.Context, statement string, args ...any) error {
		_, err := tx.ExecContext(ctx, statement, args...)
		return err
	}
}

// pruneArgs is the job that forgets what nobody needs any more.
type pruneArgs struct{}

func (pruneArgs) Kind() string { return "prune" }

type pruner struct {
	river.WorkerDefaults[pruneArgs]
	store   *store
	handled *sqlstore.Store
}

// Work keeps twelve days, since a copy may come for eleven. Rows that were not applied stay.
func (p *pruner) Work(ctx context.Context, _ *river.Job[pruneArgs]) error {
	before := time.Now().AddDate(0, 0, -12)
	_, handledErr := p.handled.Prune(ctx, before)
	_, inboxErr := p.store.writer.ExecContext(ctx, `DELETE FROM inbox WHERE state = 'applied' AND received_at < ?`,
		before.UnixMilli())
	return errors.Join(handledErr, inboxErr)
}
