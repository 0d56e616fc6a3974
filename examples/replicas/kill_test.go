package main

import (
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
)

// Both replicas are killed in the middle of 2,000 notifications: the follower, which is
// started again, and then the one that River has elected leader, which is not.
// The senders repeat what was not acknowledged.
func TestKilled(t *testing.T) {
	t.Parallel()
	const notifications = 2_000
	d := newStory(t, notifications)
	leader := d.start(t)
	eventually(t, func() error { return d.pool.QueryRow(t.Context(), `SELECT FROM river_leader`).Scan() })
	follower := d.start(t)
	d.recordEffects(t)
	// A job in ten takes longer, so that some are running when their replica is killed.
	d.apple.FailNext(asctest.Fault{
		Operation: asctest.PackageVersionsGet, Kind: asctest.FaultLate, Delay: 50 * time.Millisecond, Times: -1,
	})
	all := d.deliveries(t, d.events...)
	d.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })

	begin := time.Now()
	acknowledged := make(chan int64, notifications)
	go func() {
		defer close(acknowledged)
		sendAll(t, all, []*replica{leader, follower}, func(n int64) { acknowledged <- n })
	}()
	reach := func(want int64) {
		for n := range acknowledged {
			if n == want {
				return
			}
		}
	}
	reach(notifications / 3)
	follower.kill()
	follower = d.launchAt(t, follower.addr)
	reach(2 * notifications / 3)
	leader.kill()
	reach(-1) // to the end
	// A killed download is taken up after a quarter of an hour: let it be over.
	d.execute(t, `UPDATE river_job SET attempted_at = attempted_at - interval '1 hour'
		WHERE state = 'running' AND queue = 'downloads'`)
	t.Logf("acknowledged after %v", time.Since(begin).Round(time.Millisecond))
	follower.idle(t)
	t.Logf("applied after %v", time.Since(begin).Round(time.Millisecond))
	var rescued int
	if err := d.pool.QueryRow(t.Context(), `SELECT count(*) FROM `+applyJobs+` AND attempt > 1`).Scan(&rescued); err != nil {
		t.Error(err)
	}
	t.Logf("%d jobs were worked again", rescued)
	follower.catalogueIs(t, truth(d.events, d.versions))
	d.everythingOnce(t, notifications)
}
