package sqlstoretest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/notification/sqlstore"
)

// Copies wait at several replicas, and the first one fails: MySQL then gives
// the ID to all of them at once and ends all but one with a deadlock (1213).
func TestDeadlock(t *testing.T) {
	const waiting = 6
	servers := &servers{tb: t}
	s := servers.newSource(t, "MariaDB")
	s.migrate(t)
	root := source{sqlstore.MySQL, "mysql", servers.mariadb.DSN("root", "")}.open(t)
	n := &notification.Notification{ID: "1"}
	failure := errors.New("the first one fails")
	var calls atomic.Int32
	var copies sync.WaitGroup
	err := s.store(t).Once(t.Context(), n, func(ctx context.Context) error {
		for range waiting {
			store := s.store(t)
			copies.Go(func() {
				err := store.Once(t.Context(), n, func(ctx context.Context) error {
					calls.Add(1)
					return s.effect(ctx, n.ID)
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		for blocked := 0; blocked < waiting; {
			err := root.QueryRowContext(ctx, `SELECT variable_value FROM information_schema.global_status
				WHERE variable_name = 'innodb_row_lock_current_waits'`).Scan(&blocked)
			if err != nil {
				return err
			}
		}
		return failure
	})
	if !errors.Is(err, failure) {
		t.Errorf("the first one: %v", err)
	}
	copies.Wait()
	if calls.Load() != 1 {
		t.Errorf("%d calls, want 1", calls.Load())
	}
	s.database().EffectsAre(t, 1)
}

// A deadlock in the function ends the transaction at the server, where COMMIT
// then succeeds all the same. A function that hides it has not succeeded.
func TestHiddenRollback(t *testing.T) {
	s := (&servers{tb: t}).newSource(t, "MariaDB")
	s.migrate(t)
	store := s.store(t)
	n := &notification.Notification{ID: "1"}
	err := store.Once(t.Context(), n, func(ctx context.Context) error {
		tx, err := sqlstore.Tx(ctx)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `ROLLBACK`)
		return err
	})
	if err == nil {
		t.Error("the first one succeeded")
	}
	called := false
	if err := store.Once(t.Context(), n, func(context.Context) error { called = true; return nil }); err != nil || !called {
		t.Errorf("again: called: %v, %v", called, err)
	}
}

// IDs beyond the connection's character set stay what they are.
func TestCharacterSets(t *testing.T) {
	s := (&servers{tb: t}).newSource(t, "MariaDB")
	s.migrate(t)
	for _, options := range []string{"?charset=latin1", "?charset=utf8mb3", "?charset=utf8mb3&interpolateParams=true"} {
		s := source{s.dialect, s.driver, s.dsn + options}
		s.exec(t, `DELETE FROM handled_notifications`)
		store, calls := s.store(t), 0
		for _, id := range []string{"ä", "ö", "\U0001F600", "\U0001F601", "\U0001F601"} {
			err := store.Once(t.Context(), &notification.Notification{ID: id}, func(context.Context) error { calls++; return nil })
			if err != nil {
				t.Errorf("%s, %q: %v", options, id, err)
			}
		}
		if calls != 4 {
			t.Errorf("%s: %d calls, want 4", options, calls)
		}
	}
}
