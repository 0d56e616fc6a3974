package pgxstore_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ascmarketplace/webhooks/internal/pgtest"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/notification/pgxstore"
)

// TestServices that share a table each handle every notification once, and are told of another body.
func TestServices(t *testing.T) {
	pool := newPool(t, newDatabase(t, pgtest.Start(t)))
	handled := 0
	once := func(service, body string) error {
		store, err := pgxstore.New(pool, service)
		if err != nil {
			t.Fatal(err)
		}
		n := &notification.Notification{ID: "1", Raw: []byte(body)}
		return store.Once(t.Context(), n, func(context.Context) error { handled++; return nil })
	}
	for i, test := range []struct {
		service, body string
		want          error
		handled       int
	}{
		{"one", "body", nil, 1}, {"one", "body", nil, 1}, {"two", "body", nil, 2}, {"one", "other", notification.ErrOtherBody, 2},
	} {
		if err := once(test.service, test.body); !errors.Is(err, test.want) || handled != test.handled {
			t.Errorf("%d: %v, handled %d", i, err, handled)
		}
	}
	if _, err := pgxstore.New(pool, ""); err == nil {
		t.Error("New took an empty name")
	}
}

// TestPrimaryTurnsReadOnly under live connections, as in a failover that leaves them open: the pool recovers at once
// where the address leads to the new primary.
func TestPrimaryTurnsReadOnly(t *testing.T) {
	cluster := pgtest.Start(t)
	pool := newPool(t, newDatabase(t, cluster))
	store := newStore(t, pool)
	once := func(id string) error {
		n := &notification.Notification{ID: id, Raw: []byte(id)}
		return store.Once(t.Context(), n, func(context.Context) error { return nil })
	}
	// These sessions take no writes any more; whoever connects anew reaches a primary.
	var idle []*pgxpool.Conn
	for range 8 {
		conn, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), `SET default_transaction_read_only = on`); err != nil {
			t.Fatal(err)
		}
		idle = append(idle, conn)
	}
	for _, conn := range idle {
		conn.Release()
	}
	for i := range 20 {
		if err := once(fmt.Sprint(i)); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
}
