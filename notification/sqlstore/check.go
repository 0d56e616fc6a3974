package sqlstore

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// Check fails where the Store could not keep its promise: the database can't
// be reached or is read-only, the file is damaged, the table is missing or
// another one, or a setting lets a crash lose what was committed. It tries
// what Once does, in a transaction that it rolls back.
func (s *Store) Check(ctx context.Context) error {
	if s == nil || s.db == nil {
		return errNoDB
	}
	err := s.onConn(ctx, func(conn *sql.Conn) error {
		if err := s.engine.check(ctx, conn); err != nil {
			return err
		}
		return s.rehearse(ctx, conn)
	})
	if err != nil {
		return fmt.Errorf("sqlstore: the database failed its check: %w", err)
	}
	return nil
}

// rehearse remembers IDs that a wrong table would confuse, cut or keep after the rollback.
func (s *Store) rehearse(ctx context.Context, conn *sql.Conn) error {
	prefix := "check " + rand.Text() + " "
	ids := []string{prefix + "a", prefix + "A", prefix + "a ", prefix + "ä"}
	for _, end := range []string{"1", "2"} {
		ids = append(ids, prefix+strings.Repeat("x", maxID-len(prefix)-1)+end)
	}
	if err := s.remember(ctx, conn, ids); err != nil {
		return fmt.Errorf("handled_notifications does not work, create it from Schema: %w", err)
	}
	var hash []byte
	err := conn.QueryRowContext(ctx, s.engine.lookup, s.service, ids[0]).Scan(&hash)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return errors.Join(err, errors.New("handled_notifications keeps what was rolled back: create it from Schema"))
}

func (s *Store) remember(ctx context.Context, conn *sql.Conn, ids []string) error {
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{Isolation: s.engine.isolation})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for _, id := range ids {
		hash := sha256.Sum256([]byte(id))
		if inserted, err := s.insert(ctx, tx, id, hash[:]); err != nil {
			return err
		} else if !inserted {
			return errors.New("it takes an ID for another one")
		}
		other := sha256.Sum256(nil)
		if inserted, err := s.insert(ctx, tx, id, other[:]); err != nil {
			return err
		} else if inserted {
			return errors.New("it takes an ID twice")
		}
		known, err := s.lookup(ctx, tx, id)
		if err != nil {
			return err
		}
		if !bytes.Equal(known, hash[:]) {
			return errors.New("it does not keep the hash of a body")
		}
	}
	return nil
}
