package main

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/pgtest"
)

// Two replicas start together on an empty database, and three copies of each
// notification arrive, at either of them.
func TestTwoReplicas(t *testing.T) {
	const notifications = 200
	d := newStory(t, notifications)
	// Both would have looked before either registers, if they could.
	d.apple.FailNext(asctest.Fault{
		Operation: asctest.WebhooksList, Kind: asctest.FaultLate, Delay: 300 * time.Millisecond, Times: -1,
	})
	replicas := []*replica{d.launch(t), d.launch(t)}
	for _, r := range replicas {
		r.registered(t)
	}
	_ = d.apple.Update(func(s *asctest.State) { s.Faults = nil })
	eventually(t, func() error {
		if got := len(d.apple.State().Webhooks); got != 1 {
			return fmt.Errorf("%d webhooks are registered", got)
		}
		return nil
	})
	d.recordEffects(t)

	all := slices.Repeat(d.deliveries(t, d.events...), 3)
	d.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	sendAll(t, all, replicas, nil)
	for _, r := range replicas {
		r.idle(t)
		r.catalogueIs(t, truth(d.events, d.versions))
	}
	d.everythingOnce(t, notifications)
	d.counts(t, map[string]int{"(SELECT DISTINCT attempted_by[1] FROM " + applyJobs + ") AS workers": 2})
}

// However many start together, one at a time changes the schema.
func TestMigrateTogether(t *testing.T) {
	config, err := pgxpool.ParseConfig(pgtest.Start(t).NewDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	var replicas sync.WaitGroup
	for range 4 {
		replicas.Go(func() {
			pool, err := pgxpool.NewWithConfig(t.Context(), config.Copy())
			if err != nil {
				t.Error(err)
				return
			}
			defer pool.Close()
			if err := migrate(t.Context(), pool); err != nil {
				t.Error(err)
			}
		})
	}
	replicas.Wait()
}
