package main

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/internal/pgtest"
	"github.com/ascmarketplace/webhooks/notification"
)

// The secret is rotated under load, by three rolling deployments of two replicas. Each notification is acknowledged.
func TestRotation(t *testing.T) {
	const notifications, senders = 2_000, 8
	d := newDeployment(t, pgtest.Start(t))
	d.secrets = "old"
	replicas := []*replica{d.start(t), d.start(t)}
	d.recordEffects(t)

	pace := time.NewTicker(4 * time.Millisecond) // of all
	defer pace.Stop()
	var load sync.WaitGroup
	posted := make(chan struct{}, notifications)
	for sender := range senders {
		load.Go(func() {
			for i := range notifications / senders {
				status, err := d.apple.Notify(t.Context(), territoryOff(fmt.Sprintf("%d-%d", sender, i)))
				if status != http.StatusOK || err != nil {
					t.Errorf("responded %d, %v", status, err)
				}
				posted <- struct{}{}
				<-pace.C
			}
		})
	}
	for _, secrets := range []string{"old new", "new old", "new"} {
		d.secrets = secrets
		for i, r := range replicas {
			for range notifications / 8 {
				<-posted
			}
			r.terminate(t)
			replicas[i] = d.launchAt(t, r.addr)
			replicas[i].registered(t)
		}
	}
	load.Wait()
	replicas[0].idle(t)
	d.everythingOnce(t, notifications)
	if got := d.apple.State().Webhooks[0].Secret; got != "new" {
		t.Errorf("the secret is %q", got)
	}
}

func territoryOff(app string) notification.Event {
	return &notification.AlternativeDistributionTerritoryAvailabilityUpdated{
		MarketplaceAppID: appID, AppID: app, Territories: []string{"DEU"},
	}
}
