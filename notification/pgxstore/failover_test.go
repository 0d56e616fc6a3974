package pgxstore_test

import (
	"net/http"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ascmarketplace/webhooks/internal/pgtest"
	"github.com/ascmarketplace/webhooks/internal/storetest"
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
	var live []*pgxpool.Conn
	for range connections {
		conn, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		live = append(live, conn)
	}
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
