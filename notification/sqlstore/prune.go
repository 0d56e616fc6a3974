package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/ascmarketplace/webhooks/notification/internal/handled"
)

// Prune forgets the service's notifications that were handled before a time,
// 1,000 in a transaction, and returns how many, those before an error too. A
// copy that arrives later is handled again. So a time less than eleven days
// ago is refused, since App Store Connect's list of deliveries, and with it
// CatchUp, reaches back ten; 30 days is a common choice (assumed). Replicas may
// prune at the same time.
func (s *Store) Prune(ctx context.Context, before time.Time) (pruned int64, err error) {
	if s == nil || s.db == nil {
		return 0, errNoDB
	}
	if err := handled.CheckPrune(before); err != nil {
		return 0, fmt.Errorf("sqlstore: %w", err)
	}
	for deadlocks := 0; ; {
		var rows int64
		err := s.onConn(ctx, func(conn *sql.Conn) error {
			result, err := conn.ExecContext(ctx, s.engine.prune, s.service, before.Unix(), handled.PruneBatch)
			if err != nil {
				return err
			}
			rows, err = result.RowsAffected()
			return err
		})
		pruned += rows
		switch {
		case err != nil && isDeadlock(err) && deadlocks < deadlockRetries:
			deadlocks++
		case err != nil || rows < handled.PruneBatch:
			return pruned, err
		}
	}
}
