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
	"github.com/ascmarketplace/webhooks/notification/pgxstore"
)

// Downloads have a queue of their own, so that nothing else waits for them. When a
// replica was killed, another one takes up its downloads after downloadTimeout.
const (
	downloads       = "downloads"
	downloadTimeout = 15 * time.Minute
)

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
func newJobs(pool *pgxpool.Pool, handled *pgxstore.Store, packages *catalogue.Packages) (*river.Client[pgx.Tx], error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{pool: pool, packages: packages})
	river.AddWorker(workers, &pruner{pool: pool, handled: handled, packages: packages})
	slots := int(pool.Config().MaxConns) / 2 // the other connections receive
	return river.NewClient(riverpgxv5.New(pool), &river.Config{
		Workers: workers,
		Queues: map[string]river.QueueConfig{
			river.QueueDefault: {MaxWorkers: slots},
			downloads:          {MaxWorkers: 4}, // they need a connection at their ends only
		},
		PeriodicJobs: []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(24*time.Hour),
			func() (river.JobArgs, *river.InsertOpts) { return pruneArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true})},
		FetchCooldown:        10 * time.Millisecond,
		JobTimeout:           5 * time.Second,
		SoftStopTimeout:      5 * time.Second,
		RescueStuckJobsAfter: 8 * time.Second, // longer than any job runs, downloads excepted: its replica must have been killed
		Logger:               slog.Default(),
	})
}

// pruneArgs is the job that forgets what nobody needs any more: River's leader enqueues it.
type pruneArgs struct{}

func (pruneArgs) Kind() string { return "prune" }

type pruner struct {
	river.WorkerDefaults[pruneArgs]
	pool     *pgxpool.Pool
	handled  *pgxstore.Store
	packages *catalogue.Packages
}

// Timeout is long enough for the first pruning of a large inbox.
func (*pruner) Timeout(*river.Job[pruneArgs]) time.Duration { return 5 * time.Minute }

// Work keeps twelve days, since a copy may come for eleven. Rows that were not applied stay.
func (p *pruner) Work(ctx context.Context, _ *river.Job[pruneArgs]) error {
	before := time.Now().AddDate(0, 0, -12)
	_, handledErr := p.handled.Prune(ctx, before)
	_, inboxErr := p.pool.Exec(ctx, `DELETE FROM inbox WHERE state = 'applied' AND received_at < $1`, before)
	return errors.Join(handledErr, inboxErr, p.packages.Sweep(time.Now().Add(-downloadTimeout)))
}
