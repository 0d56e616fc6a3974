package pgxstore_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ascmarketplace/webhooks/internal/pgtest"
	"github.com/ascmarketplace/webhooks/internal/sidebyside"
	"github.com/ascmarketplace/webhooks/internal/storetest"
	"github.com/ascmarketplace/webhooks/notification"
)

// BenchmarkOnce compares with the same transaction written by hand on pgx,
// behind the same handler: how long a batch of notifications takes over so many
// connections.
func BenchmarkOnce(b *testing.B) {
	cluster := pgtest.Start(b)
	for _, connections := range []int{1, 64} {
		b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) {
			ours := newReceiver(b, connections, replica(b, newDatabase(b, cluster), effect))
			byHand := newReceiver(b, connections, replicaByHand(b, newDatabase(b, cluster)))
			sidebyside.Run(b, ours, byHand)
		})
	}
}

// replicaByHand is a receiver whose Deduplicator does nothing: its function has it all.
func replicaByHand(b *testing.B, database string) string {
	pool := newPool(b, database)
	return storetest.Receive(b, always{}, func(ctx context.Context, n *notification.Notification) error {
		return onceByHand(ctx, pool, n)
	})
}

type always struct{}

func (always) Once(ctx context.Context, _ *notification.Notification, handle func(context.Context) error) error {
	return handle(ctx)
}

func onceByHand(ctx context.Context, pool *pgxpool.Pool, n *notification.Notification) error {
	tx, err := pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	hash := sha256.Sum256(n.Raw)
	inserted, err := tx.Exec(ctx, `
		INSERT INTO handled_notifications (service, id, body_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		"service", n.ID, hash[:])
	if err != nil || inserted.RowsAffected() == 0 {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO effects (id) VALUES ($1)`, n.ID); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// newReceiver returns a function that posts a batch, four over each connection.
func newReceiver(b *testing.B, connections int, url string) func() error {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	b.Cleanup(client.CloseIdleConnections)
	return func() error {
		var senders sync.WaitGroup
		for range connections {
			senders.Go(func() {
				for range 4 {
					if got := storetest.Post(b, client, url, newBody(b)); got != http.StatusOK {
						b.Errorf("got %d", got)
					}
				}
			})
		}
		senders.Wait()
		return nil
	}
}
