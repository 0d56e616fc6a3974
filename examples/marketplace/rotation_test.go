package main

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

// The secret is rotated under load, by three deployments. What could not be delivered while one replaced
// another is caught up with.
func TestRotation(t *testing.T) {
	needsSpeed(t)
	const notifications, senders = 2_000, 8
	apple := newApple(t)
	s := newService(t, apple)
	s.serve(t, "old")
	registered(t, apple)

	pace := time.NewTicker(4 * time.Millisecond) // of all: being refused takes no time
	defer pace.Stop()
	var load sync.WaitGroup
	var mu sync.Mutex
	posted := make(chan struct{}, notifications)
	statuses := map[int]int{}
	for sender := range senders {
		load.Go(func() {
			for i := range notifications / senders {
				status, _ := apple.Notify(t.Context(), &notification.AlternativeDistributionTerritoryAvailabilityUpdated{
					MarketplaceAppID: appID, AppID: fmt.Sprintf("%d-%d", sender, i), Available: true, Territories: []string{"DEU"},
				})
				mu.Lock()
				statuses[status]++
				mu.Unlock()
				posted <- struct{}{}
				<-pace.C
			}
		})
	}
	for _, secrets := range []string{"old new", "new old", "new"} {
		for range notifications / 4 {
			<-posted
		}
		s.stop()
		s.serve(t, secrets)
	}
	load.Wait()
	t.Logf("statuses: %v", statuses)
	if refused := statuses[401]; refused > 0 {
		t.Errorf("%d were taken for forgeries", refused)
	}
	eventually(t, func() error { return inboxIs(t, s.database, map[string]int{"applied": notifications}) })
	if got := registered(t, apple).Secret; got != "new" {
		t.Errorf("the secret is %q", got)
	}
}
