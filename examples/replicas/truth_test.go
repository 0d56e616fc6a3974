package main

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/examples/catalogue"
	"github.com/ascmarketplace/webhooks/internal/pgtest"
	"github.com/ascmarketplace/webhooks/notification"
)

// story is a deployment and what happens to it: events of random apps, whose
// package versions App Store Connect has.
type story struct {
	*deployment
	random   *rand.Rand
	events   []notification.Event
	versions []asctest.PackageVersion
}

func newStory(t *testing.T, events int) *story {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	s := &story{deployment: newDeployment(t, pgtest.Start(t)), random: rand.New(rand.NewPCG(seed, 0))}
	s.events, s.versions = history(s.random, events)
	if err := s.apple.Update(func(state *asctest.State) { state.PackageVersions = s.versions }); err != nil {
		t.Fatal(err)
	}
	return s
}

// history is what happened at App Store Connect, oldest first, one event a
// second, and the package versions that it is about.
func history(random *rand.Rand, events int) (all []notification.Event, versions []asctest.PackageVersion) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	territories := []string{"DEU", "FRA", "ITA", "ESP"}
	for range events {
		at = at.Add(time.Second)
		app := fmt.Sprint(6478000000 + random.IntN(5))
		pack := fmt.Sprintf("package-%s-%d", app, random.IntN(2))
		random.Shuffle(4, func(i, j int) { territories[i], territories[j] = territories[j], territories[i] })
		some := slices.Clone(territories[:1+random.IntN(3)])
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
				MarketplaceAppID: appID, AppID: app, PackageID: pack,
				Available: random.IntN(2) == 0, Territories: some, Timestamp: at,
			})
		default:
			all = append(all, &notification.AlternativeDistributionTerritoryAvailabilityUpdated{
				MarketplaceAppID: appID, AppID: app, Available: random.IntN(2) == 0, Territories: some, Timestamp: at,
			})
		}
	}
	return all, versions
}

// truth is the catalogue after a history: told from the events in their order,
// which the replicas never get to see.
func truth(events []notification.Event, versions []asctest.PackageVersion) []catalogue.Version {
	var offered []catalogue.Version
	gone := map[[3]string]bool{} // app, package or *, territory
	for _, event := range events {
		switch e := event.(type) {
		case *notification.AlternativeDistributionPackageVersionCreated:
			i := slices.IndexFunc(versions, func(v asctest.PackageVersion) bool { return v.ID == e.PackageVersionID })
			offered = append(offered, catalogue.Version{
				AppID: e.AppID, PackageID: versions[i].PackageID, ID: e.PackageVersionID, Number: "1",
			})
		case *notification.AlternativeDistributionPackageAvailableUpdated:
			for _, territory := range e.Territories {
				gone[[3]string{e.AppID, e.PackageID, territory}] = !e.Available
			}
		case *notification.AlternativeDistributionTerritoryAvailabilityUpdated:
			for _, territory := range e.Territories {
				gone[[3]string{e.AppID, "*", territory}] = !e.Available
			}
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
		return slices.Compare([]string{a.AppID, a.PackageID, a.ID}, []string{b.AppID, b.PackageID, b.ID})
	})
	return offered
}

// catalogueIs checks the catalogue that a replica serves.
func (r *replica) catalogueIs(t *testing.T, want []catalogue.Version) {
	t.Helper()
	got, err := get[struct{ Versions []catalogue.Version }](t, r, "/catalogue")
	if err != nil || len(got.Versions)+len(want) > 0 && !reflect.DeepEqual(got.Versions, want) {
		t.Errorf("%v: the catalogue is\n%v\nand should be\n%v", err, got.Versions, want)
	}
}
