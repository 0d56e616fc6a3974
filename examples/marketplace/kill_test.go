package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/notification"
)

// The service is killed twice in the middle of 1,000 notifications. The sender
// repeats what got no 2xx. Nothing is lost, nothing counts twice.
func TestKilled(t *testing.T) {
	needsSpeed(t)
	const known, unknown = 990, 10
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	apple := newApple(t)
	addr, database := freeAddr(t), databasePath(t)

	service := start(t, apple, addr, database, t.TempDir())
	events := history(random, known)
	unanswered := deliveries(t, apple, events, unknown)
	random.Shuffle(len(unanswered), func(i, j int) { unanswered[i], unanswered[j] = unanswered[j], unanswered[i] })
	for range 2 {
		before := len(unanswered)
		unanswered = send(t, unanswered, 100+random.IntN(200), func() { service.signal(t, syscall.SIGKILL) })
		_, _ = service.cmd.Process.Kill(), service.cmd.Wait() // at the latest
		if len(unanswered) == 0 || len(unanswered) == before {
			t.Fatalf("killed, but not in the middle: %d of %d unanswered", len(unanswered), before)
		}
		t.Logf("killed: %d of %d unanswered", len(unanswered), before)
		service = start(t, apple, addr, database, t.TempDir())
	}
	if lost := send(t, unanswered, -1, nil); len(lost) > 0 {
		t.Fatalf("%d unanswered without being killed", len(lost))
	}

	eventually(t, func() error { return inboxIs(t, database, map[string]int{"applied": known, "unknown": unknown}) })
	if err := catalogueIs(t, addr, truth(t, events)); err != nil {
		t.Error(err)
	}
}

// deliveries are notifications of the events and some of a type to come.
func deliveries(t *testing.T, apple *asctest.Server, events []notification.Event, unknown int) []asctest.SignedNotification {
	t.Helper()
	var all []asctest.SignedNotification
	add := func(n *notification.Notification) {
		signed, err := apple.Sign(apple.State().Webhooks[0].ID, n)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, signed...)
	}
	for _, event := range events {
		add(notification.New(event))
	}
	for i := range unknown {
		add(&notification.Notification{Raw: fmt.Appendf(nil, `{"data":{"type":"Tomorrow","id":"tomorrow-%d","version":1}}`, i)})
	}
	return all
}

// send posts from 16 connections and returns what got no 2xx.
// It calls then once, after that many 2xx.
func send(t *testing.T, all []asctest.SignedNotification, after int, then func()) (unanswered []asctest.SignedNotification) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var mu sync.Mutex
	var senders sync.WaitGroup
	var good atomic.Int64
	queue := make(chan asctest.SignedNotification)
	for range 16 {
		senders.Go(func() {
			for d := range queue {
				if sent, err := d.Send(ctx); err != nil || sent.StatusCode/100 != 2 {
					mu.Lock()
					unanswered = append(unanswered, d)
					mu.Unlock()
				} else if good.Add(1) == int64(after) {
					then()
				}
			}
		})
	}
	for _, d := range all {
		queue <- d
	}
	close(queue)
	senders.Wait()
	return unanswered
}
