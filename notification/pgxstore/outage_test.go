package pgxstore_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/internal/pgtest"
	"github.com/ascmarketplace/webhooks/internal/storetest"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/notification/pgxstore"
)

// PostgreSQL crashes three times under load while the senders repeat. What was
// acknowledged has its effect, and nothing has it twice.
func TestCrashesUnderLoad(t *testing.T) {
	const notifications, crashes = 2_000, 3
	cluster := pgtest.Start(t)
	database := newDatabase(t, cluster)
	var bodies [][]byte
	for range notifications {
		bodies = append(bodies, newBody(t))
	}
	urls := []string{replica(t, database, effect), replica(t, database, effect)}
	crash := make(chan struct{}, crashes)
	var acknowledged atomic.Int32
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		sendAll(t, urls, bodies, func() {
			if acknowledged.Add(1)%(notifications/(crashes+1)) == 0 {
				select {
				case crash <- struct{}{}:
				default:
				}
			}
		})
	}()
	for range crashes {
		<-crash
		cluster.Stop(t)
		cluster.Start(t)
	}
	<-sent
	effectsAre(t, database, notifications)
}

// The connection breaks between the effect and the commit.
func TestBackendKilled(t *testing.T) {
	database := newDatabase(t, pgtest.Start(t))
	pool, killed := newPool(t, database), false
	url := replica(t, database, func(ctx context.Context, n *notification.Notification) error {
		if err := effect(ctx, n); err != nil || killed {
			return err
		}
		killed = true
		tx, err := pgxstore.Tx(ctx)
		if err != nil {
			return err
		}
		_, err = pool.Exec(ctx, `SELECT pg_terminate_backend($1, 5000)`, tx.Conn().PgConn().PID())
		return err
	})
	body := newBody(t)
	if got := storetest.Post(t, http.DefaultClient, url, body); got != http.StatusServiceUnavailable {
		t.Errorf("got %d, want 503", got)
	}
	effectsAre(t, database, 0)
	if got := storetest.Post(t, http.DefaultClient, url, body); got != http.StatusOK {
		t.Errorf("again: got %d", got)
	}
	effectsAre(t, database, 1)
}

// While the store is down or hangs the sender hears so in time, and no restart is needed.
func TestStoreDown(t *testing.T) {
	cluster := pgtest.Start(t)
	database := newDatabase(t, cluster)
	url, body := replica(t, database, effect, notification.WithTimeout(time.Second)), newBody(t)
	if got := storetest.Post(t, http.DefaultClient, url, newBody(t)); got != http.StatusOK {
		t.Fatalf("before: got %d", got)
	}
	refused := func(when string) {
		t.Helper()
		if got := storetest.Post(t, http.DefaultClient, url, body); got != http.StatusServiceUnavailable {
			t.Errorf("%s: got %d", when, got)
		}
	}

	blocker, err := newPool(t, database).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := blocker.Exec(t.Context(), `LOCK TABLE handled_notifications`); err != nil {
		t.Fatal(err)
	}
	refused("it hangs")
	cluster.Stop(t)
	_ = blocker.Rollback(t.Context()) // gives the dead connection back, or closing the pool would wait for it
	refused("it is down")
	cluster.Start(t)

	if got := storetest.Post(t, http.DefaultClient, url, body); got != http.StatusOK {
		t.Errorf("afterwards: got %d", got)
	}
	effectsAre(t, database, 2)
}
