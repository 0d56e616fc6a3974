package storetest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const day = 24 * time.Hour

func testPrune(t *testing.T, d Database) {
	const old, recent, another = 2500, 10, 1500 // more than a batch of 1,000
	now := time.Now()
	d.insert(t, old, "service", "old", now.Add(-31*day))
	d.insert(t, recent, "service", "recent", now.Add(-29*day))
	d.insert(t, another, "another", "old", now.Add(-32*day))
	for name, before := range map[string]time.Time{
		"the future": now.Add(time.Hour), "too early": now.Add(-11*day + time.Minute),
	} {
		if _, err := d.Store(t).Prune(t.Context(), before); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	var replicas sync.WaitGroup
	var pruned atomic.Int64
	for range 2 {
		store := d.Store(t)
		replicas.Go(func() {
			n, err := store.Prune(t.Context(), now.Add(-30*day))
			if err != nil {
				t.Error(err)
			}
			pruned.Add(n)
		})
	}
	replicas.Wait()
	if pruned.Load() != old {
		t.Errorf("%d pruned, want %d", pruned.Load(), old)
	}
	if got := d.Count(t, `SELECT count(*) FROM handled_notifications`); got != recent+another {
		t.Errorf("%d are left, want %d", got, recent+another)
	}
	if n, err := d.Store(t).Prune(t.Context(), now.Add(-11*day-time.Minute)); err != nil || n != recent {
		t.Errorf("eleven days ago: %d pruned, %v", n, err)
	}
}

// A batch is a transaction of its own: one that ends tells how far it came.
func testPruneFails(t *testing.T, d Database) {
	const batch = 1000
	d.insert(t, batch, "service", "first", time.Now().Add(-32*day))
	d.insert(t, 2, "service", "second", time.Now().Add(-31*day))
	d.Exec(t, d.Protect)
	pruned, err := d.Store(t).Prune(t.Context(), time.Now().Add(-30*day))
	left := d.Count(t, `SELECT count(*) FROM handled_notifications`)
	if err == nil || pruned != batch || left != 2 {
		t.Errorf("%d pruned, %d left, %v", pruned, left, err)
	}
}
