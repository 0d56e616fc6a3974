package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/notification"
)

const someApp = "6478123456"

func created(version string) notification.Event {
	return &notification.AlternativeDistributionPackageVersionCreated{
		MarketplaceAppID: appID, AppID: someApp, PackageVersionID: version,
	}
}

func withdrawn() notification.Event {
	return &notification.AlternativeDistributionTerritoryAvailabilityUpdated{
		MarketplaceAppID: appID, AppID: someApp, Territories: []string{"DEU"},
	}
}

// newVersions are v0, v1 and so on.
func newVersions(n int) (all []asctest.PackageVersion) {
	for i := range n {
		all = append(all, asctest.PackageVersion{
			PackageFile: asctest.PackageFile{ID: fmt.Sprint("v", i), Content: []byte("content")}, PackageID: "p", Version: "1",
		})
	}
	return all
}

// post has App Store Connect post an event to the one webhook, and wants the status 200.
func post(t *testing.T, apple *asctest.Server, event notification.Event) {
	t.Helper()
	if status, err := apple.Notify(t.Context(), event); status != http.StatusOK || err != nil {
		t.Errorf("responded %d, %v", status, err)
	}
}

// logsHowLong is eventually, and logs how long it took.
func logsHowLong(t *testing.T, what string, check func() error) {
	t.Helper()
	begin := time.Now()
	eventually(t, check)
	t.Logf("%s after %v", what, time.Since(begin).Round(time.Millisecond))
}

// offers is nil when the catalogue has so many versions.
func offers(t *testing.T, addr string, want int) error {
	body, err := get(t, "http://"+addr+"/catalogue")
	if got := strings.Count(body, "versionId"); err == nil && got != want {
		err = fmt.Errorf("%d versions are offered, want %d", got, want)
	}
	return err
}

// Of 51 versions the first can never be read: the others don't wait for it, and it is not read over and over.
func TestOneRowFails(t *testing.T) {
	needsSpeed(t)
	apple := newApple(t, asctest.Settings{Faults: func(r asctest.Exchange) *asctest.Fault {
		if strings.HasSuffix(r.Path, "/v0") {
			return &asctest.Fault{Status: http.StatusServiceUnavailable, Header: http.Header{"Retry-After": {"5"}}}
		}
		return nil
	}})
	if err := apple.Update(func(s *asctest.State) { s.PackageVersions = newVersions(51) }); err != nil {
		t.Fatal(err)
	}
	s := newServed(t, apple)
	registered(t, apple)
	for i := range 51 {
		post(t, apple, created(fmt.Sprint("v", i)))
	}
	logsHowLong(t, "50 versions were offered", func() error { return offers(t, s.addr, 50) })
	if err := inboxIs(t, s.database, map[string]int{"applied": 50, "new": 1}); err != nil {
		t.Error(err)
	}
	reads := 0
	for _, exchange := range apple.Exchanges() {
		if strings.HasSuffix(exchange.Path, "/v0") {
			reads++
		}
	}
	if reads == 0 || reads > 3 {
		t.Errorf("it was read %d times", reads)
	}
}

// A withdrawal does not wait for downloads, however many there are. Killed meanwhile, the
// process leaves files, which the next one removes.
func TestDuringDownload(t *testing.T) {
	needsSpeed(t)
	apple := newApple(t, newVersions(1)[0])
	addr, database, packages := freeAddr(t), databasePath(t), t.TempDir()
	process := start(t, apple, addr, database, packages)
	apple.FailNext(asctest.Fault{Operation: asctest.Download, Kind: asctest.FaultLateBody, Delay: 40 * time.Second, Times: -1})
	const downloads = 25 // more than there are workers
	for range downloads {
		post(t, apple, created("v0"))
	}
	temporary := func(want int) error {
		files, err := filepath.Glob(filepath.Join(packages, ".download-*"))
		if err == nil && len(files) != want {
			err = fmt.Errorf("%d temporary files, want %d", len(files), want)
		}
		return err
	}
	eventually(t, func() error { return temporary(4) })
	post(t, apple, withdrawn())
	logsHowLong(t, "withdrawn", func() error {
		return inboxIs(t, database, map[string]int{"applied": 1, "new": downloads})
	})

	process.signal(t, syscall.SIGKILL)
	_ = process.cmd.Wait()
	if err := errors.Join(temporary(4), apple.Update(func(s *asctest.State) { s.Faults = nil })); err != nil {
		t.Fatal(err)
	}
	start(t, apple, addr, database, packages)
	want := `{"versions":[{"appId":"6478123456","packageId":"p","versionId":"v0","versionNum":"1","withdrawnIn":["DEU"]}]}` + "\n"
	logsHowLong(t, "read anew", func() error { return catalogueIs(t, addr, want) })
	eventually(t, func() error { return inboxIs(t, database, map[string]int{"applied": 1 + downloads}) })
	if err := temporary(0); err != nil {
		t.Error(err)
	}
	if content, err := os.ReadFile(filepath.Join(packages, "v0")); string(content) != "content" {
		t.Errorf("downloaded %q, %v", content, err)
	}
}

// A job waits for as long as App Store Connect asks, and that is no failure of it.
func TestRetryAfter(t *testing.T) {
	apple := newApple(t, newVersions(1)[0])
	apple.FailNext(asctest.Fault{
		Operation: asctest.PackageVersionsGet, Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"600"}},
	})
	s := newServed(t, apple)
	registered(t, apple)
	post(t, apple, created("v0"))
	db := open(t, s.database)
	eventually(t, func() error {
		var waits int
		err := db.QueryRowContext(t.Context(), `SELECT unixepoch(scheduled_at) - unixepoch() FROM river_job
			WHERE state = 'scheduled'`).Scan(&waits)
		if err == nil && (waits < 550 || waits > 600) {
			err = fmt.Errorf("the job waits for %d s", waits)
		}
		return err
	})
}

// Withdrawals overtake what waits before them.
func TestWithdrawalsFirst(t *testing.T) {
	if got := insertOpts(withdrawn()).Priority; got != 1 {
		t.Errorf("a withdrawal has priority %d", got)
	}
	on := &notification.AlternativeDistributionTerritoryAvailabilityUpdated{Available: true}
	if got := insertOpts(on).Priority; got <= 1 {
		t.Errorf("an offer has priority %d", got)
	}
}

// What can't be verified never reaches the catalogue, and is told.
func TestRejected(t *testing.T) {
	wrong := newVersions(1)[0]
	wrong.Checksum = strings.Repeat("0", 64)
	apple := newApple(t, wrong)
	s := newServed(t, apple)
	registered(t, apple)
	post(t, apple, created("v0"))
	post(t, apple, created("gone"))
	eventually(t, func() error { return inboxIs(t, s.database, map[string]int{"rejected": 2}) })
	if err := offers(t, s.addr, 0); err != nil {
		t.Error(err)
	}
	for _, reason := range []string{"the checksum does not verify", "there is no such version any more"} {
		if log := s.log.String(); !strings.Contains(log, reason) {
			t.Errorf("%q was not logged", reason)
		}
	}
}
