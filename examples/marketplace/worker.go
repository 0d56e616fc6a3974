package main

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// A worker applies the inbox to the catalogue.
type worker struct {
	*inbox
	downloads  *downloader
	retryAfter time.Duration
}

// work begins with what an earlier process left, and ends when ctx is done.
func (w *worker) work(ctx context.Context) {
	for ctx.Err() == nil {
		found, err := w.applyNext(ctx)
		if found && err == nil {
			continue
		}
		if err != nil && ctx.Err() == nil {
			w.logger.Error("inbox not worked off, trying again", "error", err)
		}
		select {
		case <-w.arrived:
		case <-time.After(w.retryAfter):
		case <-ctx.Done():
		}
	}
}

// row is a notification that waits in the inbox.
type row struct {
	id         string
	body       []byte
	receivedAt time.Time
}

// applyNext applies the oldest new row that is due, and marks it in the same
// transaction. What it needs from outside comes before: a transaction that waits
// for a download would keep the receiver from storing. A row that fails is put
// off, and keeps none behind it from being applied.
func (w *worker) applyNext(ctx context.Context) (found bool, err error) {
	r, err := w.next(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	n, err := notification.Decode(r.body)
	if err != nil {
		n = &notification.Notification{} // signed, and of no known form
	}
	state, fetched := "applied", (*wrapper.PackageVersion)(nil)
	if e, ok := n.Event.(*notification.AlternativeDistributionPackageVersionCreated); ok {
		fetched, err = w.downloads.fetch(ctx, e.PackageVersionID)
		switch {
		case errors.Is(err, errRejected):
			state = "rejected"
			w.logger.Error("package kept out of the catalogue", "version", e.PackageVersionID, "error", err)
		case err != nil:
			return true, errors.Join(err, w.putOff(ctx, r.id))
		}
	}
	err = inTx(ctx, w.db, func(tx *sql.Tx) error {
		if state == "applied" {
			switch err := apply(ctx, tx, n, r.receivedAt, fetched); {
			case errors.Is(err, errUnknown):
				state = "unknown" // a later release may make it new again
				w.logger.Warn("kept, but not understood", "id", r.id)
			case err != nil:
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `UPDATE inbox SET state = ? WHERE id = ?`, state, r.id)
		return err
	})
	return err == nil, err
}

func (w *worker) next(ctx context.Context) (r row, err error) {
	var millis int64
	err = w.db.QueryRowContext(ctx, `SELECT id, body, received_at FROM inbox
		WHERE state = 'new' AND retry_at <= ? ORDER BY seq LIMIT 1`, time.Now().UnixMilli()).
		Scan(&r.id, &r.body, &millis)
	r.receivedAt = time.UnixMilli(millis)
	return r, err
}

func (w *worker) putOff(ctx context.Context, id string) error {
	_, err := w.db.ExecContext(ctx, `UPDATE inbox SET retry_at = ? WHERE id = ?`, time.Now().Add(w.retryAfter).UnixMilli(), id)
	return err
}
