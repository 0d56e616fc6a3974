package main

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/examples/catalogue"
	"github.com/ascmarketplace/webhooks/internal/pgtest"
	"github.com/ascmarketplace/webhooks/notification"
)

const otherApp = "6478123456"

// onlyVersion is the catalogue after the notification of newOnePackage.
var onlyVersion = []catalogue.Version{{AppID: otherApp, PackageID: "p", ID: "v", Number: "1"}}

// newOnePackage returns a replica, and a notification about a version that can be
// read: at first after some time.
func newOnePackage(
	t *testing.T, cluster *pgtest.Cluster, delay time.Duration,
) (*deployment, *replica, asctest.SignedNotification) {
	t.Helper()
	d := newDeployment(t, cluster, asctest.PackageVersion{
		PackageFile: asctest.PackageFile{ID: "v", Content: []byte("content")}, PackageID: "p", Version: "1",
	})
	d.apple.FailNext(asctest.Fault{Operation: asctest.PackageVersionsGet, Kind: asctest.FaultLate, Delay: delay})
	r := d.start(t)
	return d, r, d.deliveries(t, &notification.AlternativeDistributionPackageVersionCreated{
		MarketplaceAppID: appID, AppID: otherApp, PackageVersionID: "v",
	})[0]
}

// breakDown makes the database fail a statement.
func (d *deployment) breakDown(t *testing.T, trigger string) {
	t.Helper()
	d.execute(t, `
		CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the disk is full'; END $$;
		CREATE `+trigger+` FOR EACH ROW EXECUTE FUNCTION disk_full()`)
}

func (d *deployment) repair(t *testing.T) {
	t.Helper()
	d.execute(t, `DROP FUNCTION disk_full CASCADE`)
}

// responds checks the status that a replica responds with.
func (r *replica) responds(t *testing.T, delivery asctest.SignedNotification, want int) {
	t.Helper()
	delivery.EndpointURL = "http://" + r.addr + "/notifications"
	if got, err := delivery.Send(t.Context()); got.StatusCode != want || err != nil {
		t.Errorf("got %d, want %d; %v", got.StatusCode, want, err)
	}
}

func (r *replica) signal(t *testing.T, signal os.Signal) {
	t.Helper()
	if err := r.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}

// terminate tells a replica to end, and waits until it has.
func (r *replica) terminate(t *testing.T) {
	t.Helper()
	r.signal(t, syscall.SIGTERM)
	if err := r.cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func TestOnce(t *testing.T) {
	t.Parallel() // with TestKilled, which mostly waits
	cluster := pgtest.Start(t)

	t.Run("PostgreSQL crashes, and comes back", func(t *testing.T) {
		d, r, delivery := newOnePackage(t, cluster, 0)
		d.recordEffects(t)
		cluster.Stop(t)
		r.responds(t, delivery, http.StatusServiceUnavailable)
		if _, err := get[backlog](t, r, "/healthz"); err == nil || !strings.Contains(err.Error(), "503") {
			t.Errorf("got %v, want 503", err)
		}
		cluster.Start(t)
		d.pool.Reset() // its connections are to the server that crashed
		sendAll(t, []asctest.SignedNotification{delivery}, []*replica{r}, nil)
		r.idle(t)
		r.catalogueIs(t, onlyVersion)
		d.everythingOnce(t, 1)
	})

	t.Run("the row, the job and the record of it are stored together", func(t *testing.T) {
		d, r, delivery := newOnePackage(t, cluster, 0)
		d.recordEffects(t)
		d.breakDown(t, `TRIGGER full_ AFTER INSERT ON river_job`)
		r.responds(t, delivery, http.StatusInternalServerError)
		d.counts(t, map[string]int{"handled_notifications": 0, "inbox": 0, applyJobs: 0})
		d.repair(t)
		d.breakDown(t, `CONSTRAINT TRIGGER at_commit AFTER INSERT ON inbox DEFERRABLE INITIALLY DEFERRED`)
		r.responds(t, delivery, http.StatusServiceUnavailable)
		d.counts(t, map[string]int{"handled_notifications": 0, "inbox": 0, applyJobs: 0})
		d.repair(t)
		r.responds(t, delivery, http.StatusOK)
		r.responds(t, delivery, http.StatusOK)
		r.responds(t, delivery.Forged(), http.StatusUnauthorized)
		r.idle(t)
		r.catalogueIs(t, onlyVersion)
		d.everythingOnce(t, 1)
	})

	t.Run("a job that fails has no effect, is seen in the backlog, and is repeated", func(t *testing.T) {
		d, r, delivery := newOnePackage(t, cluster, 0)
		d.breakDown(t, `CONSTRAINT TRIGGER at_commit AFTER UPDATE ON inbox DEFERRABLE INITIALLY DEFERRED`)
		r.responds(t, delivery, http.StatusOK)
		r.logs(t, "the disk is full")
		r.catalogueIs(t, nil)
		if b, err := get[backlog](t, r, "/healthz"); err != nil || b.Waiting != 1 || b.OldestSeconds <= 0 {
			t.Errorf("got %+v, %v", b, err)
		}
		d.repair(t)
		d.recordEffects(t)
		r.idle(t)
		r.catalogueIs(t, onlyVersion)
		d.everythingOnce(t, 1)
	})

	// A replica freezes in the middle of a job, another one takes the job over, and
	// the first wakes up again.
	t.Run("a job is worked twice", func(t *testing.T) {
		d, r, delivery := newOnePackage(t, cluster, 2*time.Second)
		frozen, other := r, d.start(t)
		d.recordEffects(t)
		r.responds(t, delivery, http.StatusOK)
		d.jobIsRunning(t)
		if strings.Contains(other.log.String(), d.workedBy(t)) {
			frozen, other = other, frozen
		}
		frozen.signal(t, syscall.SIGSTOP)
		d.execute(t, `UPDATE river_job SET state = 'available' WHERE kind = 'apply_notification'`) // as River's rescuer does in the end
		other.idle(t)
		d.everythingOnce(t, 1)
		frozen.signal(t, syscall.SIGCONT)
		frozen.terminate(t) // once it has finished the job
		if id := d.workedBy(t); strings.Contains(frozen.log.String(), id) || d.requests(asctest.PackageVersionsGet) != 2 {
			t.Errorf("the job was not taken over, but worked by %s", id)
		}
		other.catalogueIs(t, onlyVersion)
		d.everythingOnce(t, 1)
	})

	t.Run("a replica that is told to end finishes the job that it has begun", func(t *testing.T) {
		d, r, delivery := newOnePackage(t, cluster, time.Second)
		d.recordEffects(t)
		r.responds(t, delivery, http.StatusOK)
		d.jobIsRunning(t)
		r.terminate(t)
		d.everythingOnce(t, 1)
		d.start(t).catalogueIs(t, onlyVersion)
	})

	t.Run("what is not understood, or gone, is kept out and kept", func(t *testing.T) {
		d, r, _ := newOnePackage(t, cluster, 0)
		webhook := d.apple.State().Webhooks[0].ID
		tomorrow, err := d.apple.Sign(webhook, &notification.Notification{
			Raw: []byte(`{"data":{"type":"Tomorrow","id":"t","version":1}}`),
		})
		if err != nil {
			t.Fatal(err)
		}
		r.responds(t, tomorrow[0], http.StatusOK)
		r.responds(t, d.deliveries(t, &notification.AlternativeDistributionPackageVersionCreated{
			MarketplaceAppID: appID, AppID: otherApp, PackageVersionID: "gone",
		})[0], http.StatusOK)
		r.idle(t)
		r.catalogueIs(t, nil)
		d.counts(t, map[string]int{
			"inbox WHERE state = 'unknown'": 1, "inbox WHERE state = 'rejected'": 1,
			"inbox WHERE body = convert_to('" + string(tomorrow[0].Body) + "', 'UTF8')": 1,
		})
	})
}

// jobIsRunning waits until a job has asked App Store Connect for a version.
func (d *deployment) jobIsRunning(t *testing.T) {
	t.Helper()
	eventually(t, func() error {
		if d.requests(asctest.PackageVersionsGet) == 0 {
			return errors.New("no job is running")
		}
		return nil
	})
}

// workedBy returns the ID of the River client that began the only job last; each
// replica logs its own.
func (d *deployment) workedBy(t *testing.T) (id string) {
	t.Helper()
	err := d.pool.QueryRow(t.Context(), `SELECT attempted_by[cardinality(attempted_by)] FROM river_job WHERE kind = 'apply_notification'`).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// requests counts those of one operation.
func (d *deployment) requests(operation asctest.Operation) (n int) {
	for _, r := range d.apple.Exchanges() {
		if r.Operation == operation {
			n++
		}
	}
	return n
}
