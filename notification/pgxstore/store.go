// Package pgxstore is a [notification.Deduplicator] on PostgreSQL, for
// receivers that run as several replicas: whichever of them a copy reaches,
// each notification has its effect once. It is a module of its own, so that
// only those who import it get [pgx].
//
//	store, err := pgxstore.New(pool, "catalogue")
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
// The service's name is the scope of the IDs: two services on one database,
// each with a webhook of its own, both handle an event; replicas of one service
// share its name. Package sqlstore does the same through database/sql, in the
// same table.
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
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ascmarketplace/webhooks/notification"
)

// Schema creates the table of handled notifications, unless it is there. Put
// it among your migrations: two replicas that execute it at the same moment can
// get in each other's way. The table is found through search_path.
const Schema = `
CREATE TABLE IF NOT EXISTS handled_notifications (
	service    text COLLATE "C" NOT NULL, -- bytewise, so no upgrade of locales can break it
	id         text COLLATE "C" NOT NULL,
	body_hash  bytea            NOT NULL, -- SHA-256
	handled_at timestamptz      NOT NULL DEFAULT now(),
	PRIMARY KEY (service, id)
);
CREATE INDEX IF NOT EXISTS handled_notifications_handled_at ON handled_notifications (service, handled_at);
`

// A copy may come for as long as App Store Connect lists deliveries, and a day for clocks that differ.
const remembered = 11 * 24 * time.Hour

var (
	errNoPool = errors.New("pgxstore: there is no pool: make the Store with New")
	errNoTx   = errors.New("pgxstore: no transaction in this context: " +
		"call Tx in the function of a handler that has the Store as its Deduplicator")
)

// A Store is a [notification.Deduplicator] on a pool of connections. It starts
// nothing and needs no closing; the pool remains the caller's. It is safe for
// concurrent use.
type Store struct {
	pool    *pgxpool.Pool
	service string
}

// New returns a Store on pool, which has to have executed [Schema] some time,
// for the service with that name. Services that share the table each handle
// every notification once; replicas of a service have the same name. New does not
// connect, so that a receiver starts while the database is down and responds with
// 503. A nil pool and an empty name are errors.
func New(pool *pgxpool.Pool, service string) (*Store, error) {
	if pool == nil {
		return nil, errNoPool
	}
	if service == "" {
		return nil, errors.New("pgxstore: New needs the service's name")
	}
	return &Store{pool, service}, nil
}

type txKey struct{}

// Once implements [notification.Deduplicator]: one transaction that inserts
// n's ID, calls handle if it was not there, and commits. Another body under a
// known ID is not handled either; the error then matches
// [notification.ErrOtherBody]. The transaction is READ COMMITTED whatever the
// server's default, because only there the second insert of an ID waits for the
// first transaction and then sees its outcome; in stricter levels it fails.
// Other errors are those of handle and of pgx.
//
// If the insert fails, as on a server that has become read-only in a failover,
// the pool's connections are closed, and the insert is tried once more, on a
// new one: handle has not been called yet.
func (s *Store) Once(ctx context.Context, n *notification.Notification, handle func(context.Context) error) error {
	if s == nil || s.pool == nil {
		return errNoPool
	}
	inserting, err := s.try(ctx, n, handle)
	if inserting && ctx.Err() == nil && isStale(err) {
		s.pool.Reset()
		_, err = s.try(ctx, n, handle)
	}
	return err
}

// try is one transaction. inserting tells that it failed before handle was called.
func (s *Store) try(
	ctx context.Context, n *notification.Notification, handle func(context.Context) error,
) (inserting bool, err error) {
	inserting = true
	err = pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error {
		hash := sha256.Sum256(n.Raw)
		inserted, err := tx.Exec(ctx, `INSERT INTO handled_notifications (service, id, body_hash) VALUES ($1, $2, $3)
			ON CONFLICT DO NOTHING`, s.service, n.ID, hash[:])
		if err != nil {
			return err
		}
		inserting = false
		if inserted.RowsAffected() == 0 {
			return s.compare(ctx, tx, n.ID, hash[:])
		}
		return handle(context.WithValue(ctx, txKey{}, tx))
	})
	return inserting, err
}

// compare tells a duplicate from another body under a known ID.
func (s *Store) compare(ctx context.Context, tx pgx.Tx, id string, hash []byte) error {
	var known []byte
	err := tx.QueryRow(ctx, `SELECT body_hash FROM handled_notifications WHERE service = $1 AND id = $2`,
		s.service, id).Scan(&known)
	if err == nil && !bytes.Equal(known, hash) {
		return notification.ErrOtherBody
	}
	return err
}

// isStale reports whether another connection may lead to a server that works:
// this one is to a server that is read-only or going down, or is broken.
func isStale(err error) bool {
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok {
		return failure.Code == "25006" || strings.HasPrefix(failure.Code, "57P") || strings.HasPrefix(failure.Code, "08")
	}
	return true
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

// Prune forgets the service's notifications that were handled before a time,
// 1,000 in a transaction, and returns how many, those before an error too. A
// copy that arrives later is handled again, and App Store Connect lists deliveries
// for ten days: a time less than eleven days ago is refused. Replicas may prune
// at the same time.
func (s *Store) Prune(ctx context.Context, before time.Time) (pruned int64, err error) {
	if s == nil || s.pool == nil {
		return 0, errNoPool
	}
	if time.Since(before) < remembered {
		return 0, errors.New("pgxstore: Prune keeps eleven days, since a copy may come that late: give an earlier time")
	}
	for {
		// Rows that another replica is deleting are skipped, or the two could deadlock.
		deleted, err := s.pool.Exec(ctx, `
			DELETE FROM handled_notifications WHERE service = $1 AND id = ANY (ARRAY (
				SELECT id FROM handled_notifications WHERE service = $1 AND handled_at < $2
				ORDER BY handled_at LIMIT 1000 FOR UPDATE SKIP LOCKED))`, s.service, before)
		if err != nil || deleted.RowsAffected() == 0 {
			return pruned, err
		}
		pruned += deleted.RowsAffected()
	}
}
