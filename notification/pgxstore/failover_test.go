package pgxstore_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ascmarketplace/webhooks/internal/pgtest"
	"github.com/ascmarketplace/webhooks/internal/storetest"
	"github.com/ascmarketplace/webhooks/notification"
)

// The primary becomes read-only under live connections, and its address moves
// to another server. No notification fails for that.
func TestFailover(t *testing.T) {
	const connections, notifications = 8, 16
	before, after := pgtest.Start(t), pgtest.Start(t)
	oldURL, newURL := newDatabase(t, before), newDatabase(t, after)
	address := pgtest.NewAddress(t, before)
	pool := newPool(t, address.URL(oldURL))
	url := storetest.Receive(t, newStore(t, pool), effect)
	live := acquire(t, pool, connections)
	before.MakeReadOnly(t)
	for _, conn := range live {
		var readOnly string
		for readOnly != "on" { // the server tells its processes one by one
			if err := conn.QueryRow(t.Context(), `SHOW default_transaction_read_only`).Scan(&readOnly); err != nil {
				t.Fatal(err)
			}
		}
		conn.Release()
	}
	if got := storetest.Post(t, http.DefaultClient, url, newBody(t)); got != http.StatusServiceUnavailable {
		t.Errorf("read-only: got %d, want 503", got)
	}
	address.Move(t, after)
	statuses := storetest.PostAll(t, storetest.NewBodies(t, notifications), func(int) string { return url })
	if statuses[http.StatusOK] != notifications {
		t.Errorf("got %v", statuses)
	}
	effectsAre(t, oldURL, 0)
	effectsAre(t, newURL, notifications)
}

// The server ends every connection, as when it restarts. No notification fails for that.
func TestConnectionsEnded(t *testing.T) {
	database := newDatabase(t, pgtest.Start(t))
	pool := newPool(t, database)
	url := storetest.Receive(t, newStore(t, pool), effect)
	for _, conn := range acquire(t, pool, 8) {
		conn.Release()
	}
	if got := count(t, database, `SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()`); got < 8 {
		t.Fatalf("%d connections ended", got)
	}
	if got := storetest.Post(t, http.DefaultClient, url, newBody(t)); got != http.StatusOK {
		t.Errorf("got %d", got)
	}
}

// A sender that gives up while it waits costs its own connection, not those of the others.
func TestGivingUpClosesOneConnection(t *testing.T) {
	database := newDatabase(t, pgtest.Start(t))
	pool := newPool(t, database)
	for _, conn := range acquire(t, pool, 8) {
		conn.Release()
	}
	n := &notification.Notification{ID: "1"}
	err := newStore(t, newPool(t, database)).Once(t.Context(), n, func(context.Context) error {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := newStore(t, pool).Once(ctx, n, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		return nil
	})
	if left := pool.Stat().TotalConns(); err != nil || left < 7 {
		t.Errorf("%d connections are left; %v", left, err)
	}
}

// acquire returns so many connections at once.
func acquire(t *testing.T, pool *pgxpool.Pool, number int) (conns []*pgxpool.Conn) {
	t.Helper()
	for range number {
		conn, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
	}
	return conns
}
