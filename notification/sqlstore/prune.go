package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// A copy may come for as long as App Store Connect lists deliveries, and a day for clocks that differ.
const remembered = 11 * 24 * time.Hour

// Prune forgets the service's notifications that were handled before a time,
// 1,000 in a transaction, and returns how many, those before an error too. A
// copy that arrives later is handled again, and App Store Connect lists deliveries
// for ten days: a time less than eleven days ago is refused. Replicas may prune
// at the same time.
func (s *Store) Prune(ctx context.Context, before time.Time) (pruned int64, err error) {
	if s == nil || s.db == nil {
		return 0, errNoDB
	}
	if time.Since(before) < remembered {
		return 0, errors.New("sqlstore: Prune keeps eleven days, since a copy may come that late: give an earlier time")
	}
	for {
		rows, err := s.pruneOnce(ctx, before)
		pruned += rows
		switch {
		case err != nil && isDeadlock(err): // the other transaction went on
		case err != nil || rows == 0:
			return pruned, err
		}
	}
}

func (s *Store) pruneOnce(ctx context.Context, before time.Time) (rows int64, err error) {
	err = s.onConn(ctx, func(conn *sql.Conn) error {
		result, err := conn.ExecContext(ctx, s.engine.prune, s.service, before.Unix())
		if err != nil {
			return err
		}
		rows, err = result.RowsAffected()
		return err
	})
	return rows, err
}
