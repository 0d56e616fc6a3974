package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/examples/catalogue"
	"github.com/ascmarketplace/webhooks/notification"
)

// history is what happened at App Store Connect, oldest first, one event each second.
func history(random *rand.Rand, events int) []notification.Event {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var all []notification.Event
	for i := range events {
		at := begin.Add(time.Duration(i) * time.Second)
		marketplace, app := "6477361842", fmt.Sprint(6478000000+random.IntN(20))
		pack := func() string { return fmt.Sprintf("package-%s-%d", app, random.IntN(3)) }
		switch kind := random.IntN(100); {
		case kind < 85:
			id := pack()
			num := fmt.Sprint(random.IntN(5))
			all = append(all, &notification.PackageVersionAvailable{
				MarketplaceAppID: marketplace, AppID: app, PackageID: id,
				PackageVersionID: id + "-" + num, PackageVersionNum: num, EventTimestamp: at,
			})
		case kind < 95:
			all = append(all, &notification.AppVersionsUnavailable{
				MarketplaceAppID: marketplace, AppID: app, PackageIDs: []string{pack(), pack()}, EventTimestamp: at,
			})
		default:
			all = append(all, &notification.AppUnavailable{MarketplaceAppID: marketplace, AppID: app, EventTimestamp: at})
		}
	}
	return all
}

// truth is the catalogue after a history: told from the events in their order,
// which the service never gets to see.
func truth(t *testing.T, events []notification.Event) string {
	t.Helper()
	offered := map[string]catalogue.Version{}
	remove := func(gone func(catalogue.Version) bool) {
		for id, v := range offered {
			if gone(v) {
				delete(offered, id)
			}
		}
	}
	for _, event := range events {
		switch e := event.(type) {
		case *notification.PackageVersionAvailable:
			offered[e.PackageVersionID] = catalogue.Version{
				AppID: e.AppID, PackageID: e.PackageID, ID: e.PackageVersionID, Number: e.PackageVersionNum,
			}
		case *notification.AppVersionsUnavailable:
			remove(func(v catalogue.Version) bool { return slices.Contains(e.PackageIDs, v.PackageID) })
		case *notification.AppUnavailable:
			remove(func(v catalogue.Version) bool { return v.AppID == e.AppID })
		}
	}
	versions := []catalogue.Version{}
	for _, v := range offered {
		versions = append(versions, v)
	}
	slices.SortFunc(versions, func(a, b catalogue.Version) int {
		return cmp.Or(cmp.Compare(a.AppID, b.AppID), cmp.Compare(a.PackageID, b.PackageID), cmp.Compare(a.ID, b.ID))
	})
	body, err := json.Marshal(map[string]any{"versions": versions})
	if err != nil {
		t.Fatal(err)
	}
	return string(body) + "\n"
}
