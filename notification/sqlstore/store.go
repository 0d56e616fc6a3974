package sqlstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/ascmarketplace/webhooks/notification"
)

const (
	maxService = 100 // bytes
	maxID      = 512 // bytes: the longest that a notification may have, and MySQL would cut a longer one
)

var (
	errNoDB = errors.New("sqlstore: there is no database: make the Store with New")
	errNoTx = errors.New("sqlstore: no transaction in this context: " +
		"call Tx in the function of a handler that has the Store as its Deduplicator")
	errRolledBack = errors.New("sqlstore: the database rolled the transaction back, as after a deadlock, " +
		"and the function returned nil: return the errors of its statements")
)

// A Store is a [notification.Deduplicator] on a database of the caller's. It is
// safe for concurrent use. The zero Store refuses to work.
type Store struct {
	db      *sql.DB
	service string
	engine  engine
	writer  chan struct{} // holds an element while SQLite's one writer writes; nil elsewhere
}

// New returns a Store on db, which has to have executed [Dialect.Schema] some
// time, for the service with that name, of at most 100 bytes. Services that share
// the table each handle every notification once; replicas of a service have the
// same name. New does not connect, so that a receiver starts while the database is
// down and responds with 503.
func New(db *sql.DB, dialect Dialect, service string) (*Store, error) {
	s := &Store{db: db, service: service, engine: dialect.engine()}
	switch {
	case db == nil:
		return nil, errors.New("sqlstore: New needs a database, got nil")
	case s.engine.schema == "":
		return nil, fmt.Errorf("sqlstore: unknown dialect %q: use SQLite, MySQL or PostgreSQL", string(dialect))
	case service == "" || len(service) > maxService:
		return nil, fmt.Errorf("sqlstore: the service's name must have 1 to %d bytes", maxService)
	}
	if s.engine.oneWriter {
		s.writer = make(chan struct{}, 1)
	}
	return s, nil
}

type txKey struct{}

// Tx returns the transaction of the notification that is being handled, from
// the context of the handler's function. Anywhere else it is an error.
func Tx(ctx context.Context) (*sql.Tx, error) {
	tx, ok := ctx.Value(txKey{}).(*sql.Tx)
	if !ok {
		return nil, errNoTx
	}
	return tx, nil
}

// Once implements [notification.Deduplicator]: one transaction that inserts
// n's ID, calls handle if it was not there, and commits. Another body under a
// known ID is not handled either; the error then matches
// [notification.ErrOtherBody]. Other errors are those of handle and of the driver.
//
// A connection on which anything but handle fails is closed: it may lead to a
// server that has become read-only in a failover. As long as handle has not
// been called, Once goes on with the pool's other connections, then with a new
// one, so that no notification pays for what the pool kept.
func (s *Store) Once(ctx context.Context, n *notification.Notification, handle func(context.Context) error) error {
	if s == nil || s.db == nil {
		return errNoDB
	}
	if len(n.ID) > maxID {
		return fmt.Errorf("sqlstore: the ID has %d bytes, over the %d that fit", len(n.ID), maxID)
	}
	called := false
	f := func(ctx context.Context) error {
		called = true
		return handle(ctx)
	}
	for idle := s.db.Stats().Idle; ; {
		verdict, err := s.try(ctx, n, f)
		switch {
		case err == nil:
			return verdict
		case !called && isDeadlock(err): // the other transaction went on
		case !called && idle > 0:
			idle--
		default:
			return err
		}
	}
}

// try is one transaction. The verdict is the error of handle, or that of another
// body, and says nothing against the connection.
func (s *Store) try(
	ctx context.Context, n *notification.Notification, handle func(context.Context) error,
) (verdict, err error) {
	err = s.onConn(ctx, func(conn *sql.Conn) error {
		tx, err := conn.BeginTx(ctx, &sql.TxOptions{Isolation: s.engine.isolation})
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		hash := sha256.Sum256(n.Raw)
		inserted, err := s.insert(ctx, tx, n.ID, hash[:])
		switch {
		case err != nil:
			return err
		case !inserted:
			verdict, err = s.compare(ctx, tx, n.ID, hash[:])
			return err
		}
		if verdict = handle(context.WithValue(ctx, txKey{}, tx)); verdict != nil {
			return nil
		}
		if err := s.checkTx(ctx, tx, n.ID); err != nil {
			return err
		}
		return tx.Commit()
	})
	return verdict, err
}

// compare tells another body under a known ID from a copy.
func (s *Store) compare(ctx context.Context, tx *sql.Tx, id string, hash []byte) (verdict, err error) {
	known, err := s.lookup(ctx, tx, id)
	if err == nil && !bytes.Equal(known, hash) {
		verdict = notification.ErrOtherBody
	}
	return verdict, err
}

// checkTx finds a transaction that the server has rolled back, where COMMIT would not tell.
func (s *Store) checkTx(ctx context.Context, tx *sql.Tx, id string) error {
	if !s.engine.silent {
		return nil
	}
	_, err := s.lookup(ctx, tx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return errRolledBack
	}
	return err
}

func (s *Store) insert(ctx context.Context, tx *sql.Tx, id string, hash []byte) (inserted bool, err error) {
	result, err := tx.ExecContext(ctx, s.engine.insert, s.service, id, hash)
	if err != nil {
		return false, err
	}
	rows, err := result.RowsAffected()
	return rows > 0, err
}

func (s *Store) lookup(ctx context.Context, tx *sql.Tx, id string) (hash []byte, err error) {
	err = tx.QueryRowContext(ctx, s.engine.lookup, s.service, id).Scan(&hash)
	return hash, err
}

// onConn gives f a connection that is safe to write on, and closes it if f
// fails. On SQLite it waits for the Store's other writers first: SQLite's own
// waiting is a poll that is not fair and that no context ends.
func (s *Store) onConn(ctx context.Context, f func(*sql.Conn) error) error {
	if s.writer != nil {
		select {
		case s.writer <- struct{}{}:
			defer func() { <-s.writer }()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if s.engine.prepare != nil {
		err = s.engine.prepare(ctx, conn)
	}
	if err == nil {
		err = f(conn)
	}
	if err != nil {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // takes it out of the pool
	}
	return err
}
