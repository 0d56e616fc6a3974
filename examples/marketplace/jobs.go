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
	"github.com/ascmarketplace/webhooks/wrapper"
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
func newJobs(s *store, packages *catalogue.Packages, logger *slog.Logger) (*river.Client[*sql.Tx], error) {
	// Nobody else works on this file, so what is marked as running was killed.
	if _, err := s.writer.Exec(`UPDATE river_job SET state = 'available' WHERE state = 'running'`); err != nil {
		return nil, err
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{store: s, packages: packages, logger: logger})
	return river.NewClient(riversqlite.New(s.writer), &river.Config{
		Workers:              workers,
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 20}, downloads: {MaxWorkers: 4}},
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
	state, version := "applied", wrapper.PackageVersion{}
	if e, ok := n.Event.(*notification.AlternativeDistributionPackageVersionCreated); ok {
		version, err = w.packages.Fetch(ctx, e.PackageVersionID)
		if later, ok := errors.AsType[*catalogue.LaterError](err); ok {
			return river.JobSnooze(later.Wait)
		}
		if errors.Is(err, catalogue.ErrRejected) {
			state = "rejected"
		} else if err != nil {
			return err
		}
	}
	return w.store.inTx(ctx, func(tx *sql.Tx) error {
		if state == "applied" {
			err = catalogue.Apply(ctx, execIn(tx), n, receivedAt, version)
		}
		if errors.Is(err, catalogue.ErrUnknown) {
			state = "unknown" // a later release may know it
		}
		if state == "applied" && err != nil {
			return err
		}
		if state != "applied" {
			w.logger.Warn("kept out of the catalogue", "id", n.ID, "state", state, "reason", err)
		}
		if _, err := tx.ExecContext(ctx, `UPDATE inbox SET state = ? WHERE id = ?`, state, n.ID); err != nil {
			return err
		}
		_, err := river.JobCompleteTx[*riversqlite.Driver](ctx, tx, job)
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
