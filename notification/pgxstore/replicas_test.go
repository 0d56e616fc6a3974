package pgxstore_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ascmarketplace/webhooks/internal/pgtest"
	"github.com/ascmarketplace/webhooks/notification"
)

func TestReplicas(t *testing.T) {
	cluster := pgtest.Start(t)

	// All copies at once: each is acknowledged once one of them had its effect.
	t.Run("64 copies", func(t *testing.T) {
		database := newDatabase(t, cluster)
		urls := []string{replica(t, database, effect), replica(t, database, effect)}
		sendAll(t, urls, repeat(newBody(t), 64), nil)
		effectsAre(t, database, 1)
	})

	t.Run("64 copies, the function fails three times first", func(t *testing.T) {
		database := newDatabase(t, cluster)
		var calls atomic.Int32
		failing := func(ctx context.Context, n *notification.Notification) error {
			if err := effect(ctx, n); err != nil || calls.Add(1) > 3 {
				return err
			}
			return errors.New("after the effect")
		}
		urls := []string{replica(t, database, failing), replica(t, database, failing)}
		sendAll(t, urls, repeat(newBody(t), 64), nil)
		effectsAre(t, database, 1)
		if got := calls.Load(); got != 4 {
			t.Errorf("%d calls, want 4", got)
		}
	})

	t.Run("20,000, a fifth of them copies", func(t *testing.T) {
		const distinct, copies = 16_000, 4_000
		database := newDatabase(t, cluster)
		var bodies [][]byte
		for range distinct {
			bodies = append(bodies, newBody(t))
		}
		bodies = append(bodies, bodies[:copies]...)
		rand.Shuffle(len(bodies), func(i, j int) { bodies[i], bodies[j] = bodies[j], bodies[i] })
		sendAll(t, []string{replica(t, database, effect), replica(t, database, effect)}, bodies, nil)
		effectsAre(t, database, distinct)
	})
}

func repeat(body []byte, times int) (bodies [][]byte) {
	for range times {
		bodies = append(bodies, body)
	}
	return bodies
}

// sendAll posts from 64 connections, to the replicas in turn, and repeats what
// was not acknowledged. It reports each acknowledgement to acknowledged.
func sendAll(t *testing.T, urls []string, bodies [][]byte, acknowledged func()) {
	t.Helper()
	const connections = 64
	queue := make(chan []byte, len(bodies))
	for _, body := range bodies {
		queue <- body
	}
	close(queue)
	var senders sync.WaitGroup
	for i := range connections {
		senders.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for body := range queue {
				for turn := i; t.Context().Err() == nil; turn++ {
					status := post(t, client, urls[turn%len(urls)], body)
					if status == http.StatusOK {
						break
					}
					if status < 500 {
						t.Errorf("got %d", status)
						return
					}
				}
				if acknowledged != nil {
					acknowledged()
				}
			}
		})
	}
	senders.Wait()
}
