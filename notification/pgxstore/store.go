// Package pgxstore is a [notification.Deduplicator] on PostgreSQL, for
// receivers that run as several replicas: whichever of them a copy reaches,
// each notification has its effect once. It is a module of its own, so that
// only those who import it get [pgx].
//
//	store, err := pgxstore.New(pool)
//	...
//	handler, err := notification.NewHandler(verifier, func(ctx context.Context, n *notification.Notification) error {
//		tx, err := pgxstore.Tx(ctx)
//		if err != nil {
//			return err
//		}
//		_, err = tx.Exec(ctx, `INSERT INTO inbox (id, body) VALUES ($1, $2)`, n.ID, n.Raw)
//		return err
//	}, notification.WithDeduplicator(store))
//
// # Use the transaction, not the pool
//
// What the function does in [Tx] is committed together with the record that
// the notification was handled, or not at all: its effect is exactly once.
// What it does elsewhere, through the pool, over HTTP, may happen again when
// the commit fails. The pool inside the function is a trap of its own: each
// call holds a connection already and waits for a second one, and when all
// wait nobody gets one until the handler's timeout. Leave commit and rollback
// to Once. Keep Raw in a bytea: jsonb refuses some of what a genuine
// notification may hold, such as an escaped NUL character, every time it comes.
//
// # How large the pool should be
//
// A notification occupies one connection while its function runs, so MaxConns
// is how many are handled at the same time; the rest wait, and get 503 when
// the handler's timeout is over. Copies of one notification wait in the
// handler without a connection; only a copy at another replica occupies one
// there. pgx's default, 4 or the number of CPUs, is enough for functions that
// write a row and return. All pools together have to stay below the server's
// max_connections, 100 by default.
//
// # What can be lost
//
// A commit is on the server's disk before the handler responds with 200. With
// asynchronous replication, a failover forgets the last commits: those
// notifications were acknowledged, and neither their effect nor their record
// is there any more. Set synchronous_standby_names to rule that out, or hand
// over what App Store Connect's list of deliveries has since before the
// failover, the succeeded ones too; those that are there are duplicates and do
// nothing. The same holds for synchronous_commit=off.
//
// Which engine suits whom, and what grows with the load, is in [docs/scaling.md].
//
// [pgx]: https://pkg.go.dev/github.com/jackc/pgx/v5
// [docs/scaling.md]: https://github.com/ascmarketplace/webhooks/blob/main/docs/scaling.md
package pgxstore

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ascmarketplace/webhooks/notification"
)

// Schema creates the table of handled notifications, unless it is there. Put
// it among your migrations: two replicas that execute it at the same moment can
// get in each other's way. The table is found through search_path.
const Schema = `
CREATE TABLE IF NOT EXISTS handled_notifications (
	id         text COLLATE "C" PRIMARY KEY, -- bytewise, so no upgrade of locales can break it
	handled_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS handled_notifications_handled_at ON handled_notifications (handled_at);
`

// pruneBatch is how many rows Prune deletes in one transaction.
const pruneBatch = 1000

var (
	errNoPool = errors.New("pgxstore: there is no pool: make the Store with New")
	errNoTx   = errors.New("pgxstore: no transaction in this context: " +
		"call Tx in the function of a handler that has the Store as its Deduplicator")
)

// A Store is a [notification.Deduplicator] on a pool of connections. It starts
// nothing and needs no closing; the pool remains the caller's. It is safe for
// concurrent use.
type Store struct{ pool *pgxpool.Pool }

// New returns a Store on pool, which has to have executed [Schema] some time.
// It does not connect, so that a receiver starts while the database is down
// and responds with 503. A nil pool is an error.
func New(pool *pgxpool.Pool) (*Store, error) {
	if pool == nil {
		return nil, errNoPool
	}
	return &Store{pool}, nil
}

type txKey struct{}

// Once implements [notification.Deduplicator]: one transaction that inserts
// n's ID, calls handle if it was not there, and commits. The transaction is
// READ COMMITTED whatever the server's default, because only there the second
// insert of an ID waits for the first transaction and then sees its outcome; in
// stricter levels it fails. Errors are those of handle and of pgx.
func (s *Store) Once(ctx context.Context, n *notification.Notification, handle func(context.Context) error) error {
	if s == nil || s.pool == nil {
		return errNoPool
	}
	return pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error {
		inserted, err := tx.Exec(ctx, `INSERT INTO handled_notifications (id) VALUES ($1) ON CONFLICT DO NOTHING`, n.ID)
		if err != nil || inserted.RowsAffected() == 0 {
			return err
		}
		return handle(context.WithValue(ctx, txKey{}, tx))
	})
}

// Tx returns the transaction of the notification that is being handled, from
// the context of the handler's function. Anywhere else it is an error.
func Tx(ctx context.Context) (pgx.Tx, error) {
	tx, ok := ctx.Value(txKey{}).(pgx.Tx)
	if !ok {
		return nil, errNoTx
	}
	return tx, nil
}

// Prune forgets the notifications that were handled before a time, 1,000 in
// a transaction, and returns how many. A copy that arrives later is handled
// again, so keep them for longer than any copy may take: Apple documents no
// limit, and 30 days is a common choice (assumed). A time in the future is
// refused. Replicas may prune at the same time.
func (s *Store) Prune(ctx context.Context, before time.Time) (pruned int64, err error) {
	if s == nil || s.pool == nil {
		return 0, errNoPool
	}
	if before.After(time.Now()) {
		return 0, errors.New("pgxstore: Prune would forget what is being handled now: give a time in the past")
	}
	for {
		// Rows that another replica is deleting are skipped, or the two could deadlock.
		deleted, err := s.pool.Exec(ctx, `
			DELETE FROM handled_notifications WHERE id = ANY (ARRAY (
				SELECT id FROM handled_notifications WHERE handled_at < $1
				ORDER BY handled_at LIMIT $2 FOR UPDATE SKIP LOCKED))`, before, pruneBatch)
		if err != nil {
			return pruned, err
		}
		pruned += deleted.RowsAffected()
		if deleted.RowsAffected() < pruneBatch {
			return pruned, nil
		}
	}
}
