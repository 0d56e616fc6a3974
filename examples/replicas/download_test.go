package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/examples/catalogue"
	"github.com/ascmarketplace/webhooks/internal/pgtest"
	"github.com/ascmarketplace/webhooks/notification"
)

// A withdrawal does not wait for downloads, however many there are, and a version is offered once its package is there.
func TestDuringDownload(t *testing.T) {
	d, r, _ := newOnePackage(t, pgtest.Start(t), 0)
	d.apple.FailNext(asctest.Fault{Operation: asctest.Download, Kind: asctest.FaultLateBody, Delay: 5 * time.Second, Times: -1})
	for range 10 { // more than there are workers
		created := d.deliveries(t, &notification.AlternativeDistributionPackageVersionCreated{
			MarketplaceAppID: appID, AppID: otherApp, PackageVersionID: "v",
		})[0]
		r.responds(t, created, http.StatusOK)
	}
	eventually(t, func() error {
		files, err := filepath.Glob(filepath.Join(d.packages, ".download-*"))
		if err == nil && len(files) == 0 {
			err = errors.New("nothing is downloaded")
		}
		return err
	})
	if err := d.apple.Update(func(s *asctest.State) { s.Faults = nil }); err != nil { // for the downloads that wait
		t.Fatal(err)
	}
	r.responds(t, d.deliveries(t, territoryOff(otherApp))[0], http.StatusOK)
	eventually(t, func() error {
		b, err := get[backlog](t, r, "/healthz")
		if err == nil && b.Waiting != 10 {
			err = fmt.Errorf("%d wait", b.Waiting)
		}
		return err
	})
	r.catalogueIs(t, nil)
	r.idle(t)
	want := onlyVersion[0]
	want.WithdrawnIn = []string{"DEU"}
	r.catalogueIs(t, []catalogue.Version{want})
	if content, err := os.ReadFile(filepath.Join(d.packages, "v")); string(content) != "content" {
		t.Errorf("downloaded %q, %v", content, err)
	}
}

// A job waits for as long as App Store Connect asks, and that is no failure of it.
func TestRetryAfter(t *testing.T) {
	d := newDeployment(t, pgtest.Start(t))
	r := d.start(t)
	d.apple.FailNext(asctest.Fault{
		Operation: asctest.PackageVersionsGet, Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"600"}},
	})
	r.responds(t, d.deliveries(t, &notification.AlternativeDistributionPackageVersionCreated{
		MarketplaceAppID: appID, AppID: otherApp, PackageVersionID: "v",
	})[0], http.StatusOK)
	eventually(t, func() error {
		var waits time.Duration
		err := d.pool.QueryRow(t.Context(), `SELECT scheduled_at - now() FROM river_job WHERE state = 'scheduled'`).Scan(&waits)
		if err == nil && (waits < 9*time.Minute || waits > 10*time.Minute) {
			err = fmt.Errorf("the job waits for %v", waits)
		}
		return err
	})
}
