package main

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// work applies the inbox to the catalogue, beginning with what an earlier
// process left, until ctx is done.
func (i *inbox) work(ctx context.Context) {
	for ctx.Err() == nil {
		found, err := i.applyNext(ctx)
		if found {
			continue
		}
		var again <-chan time.Time
		if err != nil && ctx.Err() == nil {
			i.logger.Error("inbox not worked off, trying again", "error", err)
			again = time.After(time.Second)
		}
		select {
		case <-i.arrived:
		case <-again:
		case <-ctx.Done():
		}
	}
}

// applyNext applies the oldest new row, and marks it in the same transaction.
// It reports whether there was one and it is done.
func (i *inbox) applyNext(ctx context.Context) (found bool, err error) {
	err = inTx(ctx, i.db, func(tx *sql.Tx) error {
		var id string
		var body []byte
		var receivedAt int64
		row := tx.QueryRowContext(ctx, `SELECT id, body, received_at FROM inbox WHERE state = 'new' ORDER BY seq LIMIT 1`)
		if err := row.Scan(&id, &body, &receivedAt); err != nil {
			return err
		}
		state := "applied"
		switch err := apply(ctx, tx, body, time.UnixMilli(receivedAt)); {
		case errors.Is(err, errUnknown):
			state = "unknown" // a later release may make it new again
			i.logger.Warn("kept, but not understood", "id", id)
		case err != nil:
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE inbox SET state = ? WHERE id = ?`, state, id)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}
