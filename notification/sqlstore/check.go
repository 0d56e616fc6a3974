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

// Check reports whether the database can do what the Store needs: it inserts
// IDs that differ only in case or in a space, and one of them twice, and takes
// all of it back. It fails if the file is damaged, if the table is missing or
// somebody else's, or if nothing can be written.
func (s *Store) Check(ctx context.Context) error {
	errDone := errors.New("all is well")
	err := s.transact(ctx, func(tx *sql.Tx) error {
		if err := s.try(ctx, tx); err != nil {
			return err
		}
		return errDone // rolls back
	})
	if errors.Is(err, errDone) {
		return nil
	}
	return fmt.Errorf("sqlstore: the table handled_notifications is not fit for use; "+
		"execute Schema where it is missing: %w", err)
}

func (s *Store) try(ctx context.Context, tx *sql.Tx) error {
	id := "check " + strings.ToLower(rand.Text())
	body := sha256.Sum256([]byte(id))
	for _, test := range []struct {
		id  string
		new bool
	}{{id, true}, {id, false}, {strings.ToUpper(id), true}, {id + " ", true}, {strings.Repeat("x", maxID-len(id)) + id, true}} {
		inserted, err := s.insert(ctx, tx, test.id, body[:])
		switch {
		case err != nil:
			return err
		case inserted && !test.new:
			return errors.New("the same ID can be inserted twice: service and id are not its primary key")
		case !inserted && test.new:
			return errors.New("different IDs are taken for the same: the column id must compare bytes")
		}
	}
	var stored []byte
	if err := tx.QueryRowContext(ctx, s.sql.body, s.service, id).Scan(&stored); err != nil {
		return err
	}
	if !bytes.Equal(stored, body[:]) {
		return errors.New("the column body does not keep bytes as they are")
	}
	return nil
}
