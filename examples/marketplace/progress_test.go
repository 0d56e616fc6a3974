package main

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"
)

// Where catching up goes on moves while the service runs, so that only a service that
// was down for ten days is told that it may have lost something.
func TestProgress(t *testing.T) {
	const message = "can no longer be listed"
	apple := newApple(t)
	s := newServed(t, apple)
	registered(t, apple)
	db := open(t, s.database)
	movesOn := func() {
		t.Helper()
		var first int64
		eventually(t, func() error { return db.QueryRowContext(t.Context(), `SELECT next FROM progress`).Scan(&first) })
		eventually(t, func() error {
			var next int64
			err := db.QueryRowContext(t.Context(), `SELECT next FROM progress`).Scan(&next)
			if err == nil && next <= first {
				err = fmt.Errorf("progress stays at %v", time.UnixMilli(first))
			}
			return err
		})
	}
	movesOn()
	s.stop()
	if log := s.log.String(); strings.Contains(log, "level=ERROR") {
		t.Errorf("something is told to be wrong:\n%s", log)
	}

	downFor(t, db, 11*24*time.Hour)
	s.serve(t, secret)
	eventually(t, func() error {
		if !strings.Contains(s.log.String(), message) {
			return fmt.Errorf("nothing logged has %q:\n%s", message, s.log)
		}
		return nil
	})
	movesOn()
}

func downFor(t *testing.T, db *sql.DB, ago time.Duration) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), `UPDATE progress SET next = ?`, time.Now().Add(-ago).UnixMilli())
	if err != nil {
		t.Fatal(err)
	}
}
