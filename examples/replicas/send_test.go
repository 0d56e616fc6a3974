package main

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/notification"
)

// deliveries are notifications of the events, for the one webhook that is registered.
func (d *deployment) deliveries(t *testing.T, events ...notification.Event) (all []asctest.SignedNotification) {
	t.Helper()
	for _, event := range events {
		signed, err := d.apple.Sign(d.apple.State().Webhooks[0].ID, notification.New(event))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, signed...)
	}
	return all
}

// sendAll posts from 16 connections to the replicas in turn, as a load balancer
// does, and repeats what was not acknowledged. It calls after with the number of
// acknowledgements, after each.
func sendAll(t *testing.T, all []asctest.SignedNotification, replicas []*replica, after func(acknowledged int64)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var acknowledged atomic.Int64
	var senders sync.WaitGroup
	queue := make(chan asctest.SignedNotification, len(all))
	for _, delivery := range all {
		queue <- delivery
	}
	close(queue)
	for i := range 16 {
		senders.Go(func() {
			for delivery := range queue {
				for turn := i; ; turn++ {
					delivery.EndpointURL = "http://" + replicas[turn%len(replicas)].addr + "/notifications"
					sent, err := delivery.Send(ctx)
					if err == nil && sent.StatusCode == 200 {
						break
					}
					if err == nil && sent.StatusCode < 500 || ctx.Err() != nil {
						t.Errorf("not acknowledged: %d, %v", sent.StatusCode, err)
						return
					}
				}
				i++
				if n := acknowledged.Add(1); after != nil {
					after(n)
				}
			}
		})
	}
	senders.Wait()
}
