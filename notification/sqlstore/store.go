package sqlstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

const (
	maxService = 100
	maxID      = 512 // what fits into a key of MySQL's; INSERT IGNORE would cut a longer one

	// A copy may come for as long as App Store Connect lists deliveries, and a day for clocks that differ.
	remembered = 11 * 24 * time.Hour
)

// A Store is a [notification.Deduplicator] on a database. It starts nothing and
// needs no closing; db remains the caller's. It is safe for concurrent use.
type Store struct {
	db      *sql.DB
	service string
	sql     statements
}

// New returns a Store for the service with that name, of at most 100 bytes. It
// does not connect, so that a receiver starts while the database is down and
// responds with 503. Errors are about a nil db, an unknown dialect, or the name.
func New(db *sql.DB, dialect Dialect, service string) (*Store, error) {
	statements := dialect.statements()
	switch {
	case db == nil:
		return nil, errors.New("sqlstore: New needs a database, got nil")
	case statements.insert == "":
		return nil, fmt.Errorf("sqlstore: unknown dialect %q: use SQLite, MySQL or PostgreSQL", string(dialect))
	case service == "" || len(service) > maxService:
		return nil, fmt.Errorf("sqlstore: the service's name must have 1 to %d bytes", maxService)
	}
	return &Store{db, service, statements}, nil
}

type txKey struct{}

// Tx returns the transaction of the notification that is being handled, from the
// context of the handler's function. Anywhere else it is an error.
func Tx(ctx context.Context) (*sql.Tx, error) {
	tx, ok := ctx.Value(txKey{}).(*sql.Tx)
	if !ok {
		return nil, errors.New("sqlstore: no transaction in this context: " +
			"call Tx in the function of a handler that has the Store as its Deduplicator")
	}
	return tx, nil
}

// Once implements [notification.Deduplicator]: one transaction that inserts n's
// ID, calls handle if it was not there, and commits. Another body under a known
// ID is not handled either; the error then matches [notification.ErrOtherBody].
// Other errors are those of handle and of the driver.
func (s *Store) Once(ctx context.Context, n *notification.Notification, handle func(context.Context) error) error {
	if len(n.ID) > maxID {
		return fmt.Errorf("sqlstore: the ID has %d bytes, over the %d that fit", len(n.ID), maxID)
	}
	for {
		handled := false
		err := s.once(ctx, n, func(ctx context.Context) error { handled = true; return handle(ctx) })
		if !isDeadlock(err) || handled || ctx.Err() != nil {
			return err
		}
	}
}

func (s *Store) once(ctx context.Context, n *notification.Notification, handle func(context.Context) error) error {
	return s.transact(ctx, func(tx *sql.Tx) error {
		body := sha256.Sum256(n.Raw)
		inserted, err := s.insert(ctx, tx, n.ID, body[:])
		switch {
		case err != nil:
			return err
		case !inserted:
			return s.compare(ctx, tx, n.ID, body[:])
		}
		return handle(context.WithValue(ctx, txKey{}, tx))
	})
}

// transact runs do in a transaction of its own.
func (s *Store) transact(ctx context.Context, do func(*sql.Tx) error) error {
	if s == nil || s.db == nil {
		return errors.New("sqlstore: there is no database: make the Store with New")
	}
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	for _, statement := range s.sql.connect {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{Isolation: s.sql.isolation})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

func (s *Store) insert(ctx context.Context, tx *sql.Tx, id string, body []byte) (inserted bool, err error) {
	result, err := tx.ExecContext(ctx, s.sql.insert, s.service, id, body, time.Now().Unix())
	if err != nil {
		return false, err
	}
	rows, err := result.RowsAffected()
	return rows > 0, err
}

// compare tells another body under a known ID from a copy.
func (s *Store) compare(ctx context.Context, tx *sql.Tx, id string, body []byte) error {
	var known []byte
	switch err := tx.QueryRowContext(ctx, s.sql.body, s.service, id).Scan(&known); {
	case errors.Is(err, sql.ErrNoRows): // pruned meanwhile
		return nil
	case err != nil:
		return err
	case !bytes.Equal(known, body):
		return notification.ErrOtherBody
	}
	return nil
}

// isDeadlock reports that the database gave this transaction up for another. The
// MySQL driver's error has nothing but its text that the standard library knows.
func isDeadlock(err error) bool { return err != nil && strings.Contains(err.Error(), "Error 1213") }

// Prune forgets the service's notifications that were handled before a time,
// 1,000 in a transaction, and returns how many. A copy that arrives later is
// handled again, and App Store Connect lists deliveries for ten days: a time less
// than eleven days ago is refused. Replicas may prune at the same time.
func (s *Store) Prune(ctx context.Context, before time.Time) (pruned int64, err error) {
	if time.Since(before) < remembered {
		return 0, errors.New("sqlstore: Prune keeps eleven days, since a copy may come that late: give an earlier time")
	}
	for {
		var rows int64
		err := s.transact(ctx, func(tx *sql.Tx) error {
			result, err := tx.ExecContext(ctx, s.sql.prune, s.service, before.Unix())
			if err == nil {
				rows, err = result.RowsAffected()
			}
			return err
		})
		if err != nil || rows == 0 {
			return pruned, err
		}
		pruned += rows
	}
}
