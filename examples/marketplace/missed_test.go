package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
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
	offered := []version{}
	gone := map[[3]string]bool{} // app, package or *, territory
	for _, event := range events {
		switch e := event.(type) {
		case *notification.AlternativeDistributionPackageVersionCreated:
			i := slices.IndexFunc(versions, func(v asctest.PackageVersion) bool { return v.ID == e.PackageVersionID })
			offered = append(offered, version{appID, e.AppID, versions[i].PackageID, e.PackageVersionID, "1", nil})
		case *notification.AlternativeDistributionPackageAvailableUpdated:
			gone[[3]string{e.AppID, e.PackageID, e.Territories[0]}] = !e.Available
		case *notification.AlternativeDistributionTerritoryAvailabilityUpdated:
			gone[[3]string{e.AppID, all, e.Territories[0]}] = !e.Available
		}
	}
	for i, v := range offered {
		for _, territory := range []string{"DEU", "ESP", "FRA", "ITA"} {
			if gone[[3]string{v.AppID, v.PackageID, territory}] || gone[[3]string{v.AppID, all, territory}] {
				offered[i].WithdrawnIn = append(offered[i].WithdrawnIn, territory)
			}
		}
	}
	slices.SortFunc(offered, func(a, b version) int {
		return cmp.Or(cmp.Compare(a.AppID, b.AppID), cmp.Compare(a.PackageID, b.PackageID), cmp.Compare(a.VersionID, b.VersionID))
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
	service := start(t, apple, addr, database)
	if got := post(events[:third]); got != third {
		t.Fatalf("%d delivered while it was up", got)
	}
	_, _ = service.cmd.Process.Kill(), service.cmd.Wait()
	if got := post(events[third : 2*third]); got != 0 {
		t.Fatalf("%d delivered while it was down", got)
	}
	for kill := range 3 { // each in the middle of catching up
		killed := start(t, apple, addr, database)
		eventually(t, func() error { return inboxHolds(t, database, third+200*kill+1+random.IntN(200)) })
		_, _ = killed.cmd.Process.Kill(), killed.cmd.Wait()
		if strings.Contains(killed.log.String(), `msg="caught up"`) {
			t.Fatal("it was killed after it had caught up")
		}
	}
	start(t, apple, addr, database)
	if got := post(events[2*third:]); got != third {
		t.Fatalf("%d delivered when it was up again", got)
	}
	eventually(t, func() error { return inboxIs(t, database, map[string]int{"applied": 3 * third}) })
	if err := catalogueIs(t, addr, newTruth(t, events, versions)); err != nil {
		t.Error(err)
	}
}

// What cannot be verified never reaches the catalogue; an URL that has expired
// is read again.
func TestDownloads(t *testing.T) {
	for name, test := range map[string]struct {
		version asctest.PackageVersion
		maxSize int64
		state   string
	}{
		"good":          {asctest.PackageVersion{}, 100, "applied"},
		"MD5":           {asctest.PackageVersion{PackageFile: asctest.PackageFile{Checksum: "9a0364b9e99bb480dd25e1f0284c8555"}}, 100, "applied"},
		"wrong":         {asctest.PackageVersion{PackageFile: asctest.PackageFile{Checksum: strings.Repeat("0", 64)}}, 100, "rejected"},
		"no known form": {asctest.PackageVersion{PackageFile: asctest.PackageFile{Checksum: "abc"}}, 100, "rejected"},
		"too large":     {asctest.PackageVersion{}, 6, "rejected"},
	} {
		t.Run(name, func(t *testing.T) {
			v := test.version
			v.ID, v.PackageID, v.Version, v.Content = "v", "p", "1", []byte("content")
			apple := newApple(t, v)
			log := &logbook{}
			w := downloadWorker(t, apple, test.maxSize, log)
			n := received(t, &notification.AlternativeDistributionPackageVersionCreated{
				MarketplaceAppID: appID, AppID: "6478123456", PackageVersionID: "v",
			})
			if err := w.Once(t.Context(), n, storeIn(w, n)); err != nil {
				t.Fatal(err)
			}
			if found, err := w.applyNext(t.Context()); !found || err != nil {
				t.Fatalf("got %t, %v", found, err)
			}
			var state string
			var offered int
			query := `SELECT state, (SELECT count(*) FROM catalogue) FROM inbox`
			if err := w.db.QueryRowContext(t.Context(), query).Scan(&state, &offered); err != nil {
				t.Fatal(err)
			}
			if state != test.state || offered != map[string]int{"applied": 1}[state] {
				t.Errorf("the inbox says %s, and %d are offered", state, offered)
			}
			if said := strings.Contains(log.String(), "package kept out of the catalogue"); said != (state == "rejected") {
				t.Errorf("the log says so: %v\n%s", said, log)
			}
			files, err := os.ReadDir(w.downloads.folder)
			if err != nil && state == "applied" || len(files) != offered {
				t.Errorf("%d files are there: %v", len(files), err)
			}
		})
	}
}

// An URL that has expired between reading and downloading is read again, once.
func TestExpiredDownload(t *testing.T) {
	for expiries, want := range map[int64]int{1: 1, 2: 0} {
		var reads atomic.Int64
		v := asctest.PackageVersion{PackageFile: asctest.PackageFile{ID: "v", Content: []byte("content")}, PackageID: "p", Version: "1"}
		apple := newApple(t, v, asctest.Settings{Faults: func(r asctest.Exchange) *asctest.Fault {
			if r.Operation == asctest.Download && reads.Add(1) <= expiries {
				return &asctest.Fault{Kind: asctest.FaultPlainText, Status: 403}
			}
			return nil
		}})
		w := downloadWorker(t, apple, 100, io.Discard)
		n := received(t, &notification.AlternativeDistributionPackageVersionCreated{
			MarketplaceAppID: appID, AppID: "6478123456", PackageVersionID: "v",
		})
		if err := w.Once(t.Context(), n, storeIn(w, n)); err != nil {
			t.Fatal(err)
		}
		_, err := w.applyNext(t.Context())
		offered, readErr := readCatalogue(t.Context(), w.db)
		if readErr != nil || len(offered) != want || (err == nil) != (want == 1) {
			t.Errorf("after %d expiries %d are offered: %v, %v", expiries, len(offered), err, readErr)
		}
	}
}
