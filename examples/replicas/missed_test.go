package main

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/ascmarketplace/webhooks/internal/pgtest"
)

// What could not be delivered while all replicas were down has its effect once, though each of them catches up.
func TestCatchesUp(t *testing.T) {
	const notifications = 200
	d := newDeployment(t, pgtest.Start(t))
	r := d.start(t)
	d.recordEffects(t)
	r.terminate(t)
	for i := range notifications {
		if status, _ := d.apple.Notify(t.Context(), territoryOff(fmt.Sprint(i))); status == http.StatusOK {
			t.Fatal("a replica that is down has responded")
		}
	}
	d.execute(t, `UPDATE progress SET next = next - interval '1 hour'`)
	replicas := []*replica{d.launch(t), d.launch(t)}
	for _, r := range replicas {
		r.registered(t)
	}
	replicas[0].idle(t)
	d.everythingOnce(t, notifications)
	d.counts(t, map[string]int{"progress WHERE next > now() - interval '10 minutes'": 1})
}
