package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/examples/catalogue"
	"github.com/ascmarketplace/webhooks/notification"
)

// newHistory is what happens to webhooks, oldest first, one event a second, and
// the package versions that it speaks of.
func newHistory(random *rand.Rand, events int) (all []notification.Event, versions []asctest.PackageVersion) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	territories := []string{"DEU", "FRA", "ITA", "ESP"}
	for range events {
		at = at.Add(time.Second)
		app := fmt.Sprint(6478000000 + random.IntN(5))
		pack := fmt.Sprintf("package-%s-%d", app, random.IntN(2))
		some := []string{territories[random.IntN(4)]}
		switch kind := random.IntN(100); {
		case kind < 10:
			id := fmt.Sprintf("version-%d", len(versions))
			versions = append(versions, asctest.PackageVersion{
				PackageFile: asctest.PackageFile{ID: id, Content: []byte("content of " + id)}, PackageID: pack, Version: "1",
			})
			all = append(all, &notification.AlternativeDistributionPackageVersionCreated{
				MarketplaceAppID: appID, AppID: app, PackageVersionID: id, Timestamp: at,
			})
		case kind < 70:
			all = append(all, &notification.AlternativeDistributionPackageAvailableUpdated{
				MarketplaceAppID: appID, AppID: app, PackageID: pack, Available: random.IntN(2) == 0, Territories: some, Timestamp: at,
			})
		default:
			all = append(all, &notification.AlternativeDistributionTerritoryAvailabilityUpdated{
				MarketplaceAppID: appID, AppID: app, Available: random.IntN(2) == 0, Territories: some, Timestamp: at,
			})
		}
	}
	return all, versions
}

// newTruth is the catalogue after a history: told from the events in their
// order, which the service never gets to see.
func newTruth(t *testing.T, events []notification.Event, versions []asctest.PackageVersion) string {
	t.Helper()
	offered := []catalogue.Version{}
	gone := map[[3]string]bool{} // app, package or *, territory
	for _, event := range events {
		switch e := event.(type) {
		case *notification.AlternativeDistributionPackageVersionCreated:
			i := slices.IndexFunc(versions, func(v asctest.PackageVersion) bool { return v.ID == e.PackageVersionID })
			offered = append(offered, catalogue.Version{
				AppID: e.AppID, PackageID: versions[i].PackageID, ID: e.PackageVersionID, Number: "1",
			})
		case *notification.AlternativeDistributionPackageAvailableUpdated:
			gone[[3]string{e.AppID, e.PackageID, e.Territories[0]}] = !e.Available
		case *notification.AlternativeDistributionTerritoryAvailabilityUpdated:
			gone[[3]string{e.AppID, "*", e.Territories[0]}] = !e.Available
		}
	}
	for i, v := range offered {
		for _, territory := range []string{"DEU", "ESP", "FRA", "ITA"} {
			if gone[[3]string{v.AppID, v.PackageID, territory}] || gone[[3]string{v.AppID, "*", territory}] {
				offered[i].WithdrawnIn = append(offered[i].WithdrawnIn, territory)
			}
		}
	}
	slices.SortFunc(offered, func(a, b catalogue.Version) int {
		return cmp.Or(cmp.Compare(a.AppID, b.AppID), cmp.Compare(a.PackageID, b.PackageID), cmp.Compare(a.ID, b.ID))
	})
	body, err := json.Marshal(map[string]any{"versions": offered})
	if err != nil {
		t.Fatal(err)
	}
	return string(body) + "\n"
}

// The receiver is down for the middle third of 3,000 notifications, which Apple
// does not repeat. It is killed while it catches up, and started again. Nothing
// is lost, nothing counts twice.
func TestCatchesUp(t *testing.T) {
	needsSpeed(t)
	const third = 1000
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	events, versions := newHistory(random, 3*third)
	apple := newApple(t)
	if err := apple.Update(func(s *asctest.State) { s.PackageVersions = versions }); err != nil {
		t.Fatal(err)
	}
	addr, database := freeAddr(t), databasePath(t)
	post := func(events []notification.Event) int64 {
		var delivered atomic.Int64
		var senders sync.WaitGroup
		for some := range slices.Chunk(events, third/8) {
			senders.Go(func() {
				for _, event := range some {
					if status, err := apple.Notify(t.Context(), event); err == nil && status == 200 {
						delivered.Add(1)
					}
				}
			})
		}
		senders.Wait()
		return delivered.Load()
	}
	service := start(t, apple, addr, database, t.TempDir())
	if got := post(events[:third]); got != third {
		t.Fatalf("%d delivered while it was up", got)
	}
	_, _ = service.cmd.Process.Kill(), service.cmd.Wait()
	if got := post(events[third : 2*third]); got != 0 {
		t.Fatalf("%d delivered while it was down", got)
	}
	for kill := range 3 { // each in the middle of catching up
		killed := start(t, apple, addr, database, t.TempDir())
		eventually(t, func() error { return inboxHolds(t, database, third+1+200*kill+random.IntN(200)) })
		_, _ = killed.cmd.Process.Kill(), killed.cmd.Wait()
		if strings.Contains(killed.log.String(), `msg="keeping up"`) {
			t.Fatal("it was killed after it had caught up")
		}
	}
	start(t, apple, addr, database, t.TempDir())
	if got := post(events[2*third:]); got != third {
		t.Fatalf("%d delivered when it was up again", got)
	}
	eventually(t, func() error { return inboxIs(t, database, map[string]int{"applied": 3 * third}) })
	if err := catalogueIs(t, addr, newTruth(t, events, versions)); err != nil {
		t.Error(err)
	}
}
