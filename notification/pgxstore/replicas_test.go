package pgxstore_test

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"

	"github.com/ascmarketplace/webhooks/internal/pgtest"
	"github.com/ascmarketplace/webhooks/internal/storetest"
)

// 20,000 notifications, a fifth of them copies, reach two replicas in any order.
func TestReplicas(t *testing.T) {
	const distinct, copies = 16_000, 4_000
	database := newDatabase(t, pgtest.Start(t))
	var bodies [][]byte
	for range distinct {
		bodies = append(bodies, newBody(t))
	}
	bodies = append(bodies, bodies[:copies]...)
	rand.Shuffle(len(bodies), func(i, j int) { bodies[i], bodies[j] = bodies[j], bodies[i] })
	sendAll(t, []string{replica(t, database, effect), replica(t, database, effect)}, bodies, nil)
	effectsAre(t, database, distinct)
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
					status := storetest.Post(t, client, urls[turn%len(urls)], body)
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
