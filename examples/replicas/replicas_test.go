package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/pgtest"
	"github.com/ascmarketplace/webhooks/notification"
)

// Two replicas start together on an empty database, and three copies of each
// notification arrive, at either of them.
func TestTwoReplicas(t *testing.T) {
	const notifications = 300
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	events, versions := history(random, notifications)
	d := newDeployment(t)
	for _, v := range versions {
		d.apple.AddPackageVersion(v)
	}
	// Time for both to look before either registers, if they were to.
	d.apple.FailNext(asctest.Fault{Operation: asctest.ListWebhooks, Kind: asctest.Late, Delay: 300 * time.Millisecond, Times: -1})
	replicas := []*replica{d.launch(t), d.launch(t)}
	for _, r := range replicas {
		r.registered(t)
	}
	d.apple.StopFailing()
	creates := 0
	for _, r := range d.apple.Requests() {
		if r.Operation == asctest.CreateWebhook {
			creates++
		}
	}
	if got := len(d.apple.AppWebhooks()); got != 1 || creates != 1 {
		t.Fatalf("%d webhooks are there, and %d were created: want 1", got, creates)
	}
	d.recordEffects(t)

	all := slices.Repeat(d.deliveries(t, events...), 3)
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	sendAll(t, all, replicas, nil)
	for _, r := range replicas {
		r.idle(t)
		r.catalogueIs(t, truth(events, versions))
	}
	d.everythingOnce(t, notifications)
	d.counts(t, map[string]int{"(SELECT DISTINCT attempted_by[1] FROM river_job) AS workers": 2})
}

// However many start together, one at a time changes the schema.
func TestMigrateTogether(t *testing.T) {
	config, err := pgxpool.ParseConfig(pgtest.Start(t).NewDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	var replicas sync.WaitGroup
	for range 8 {
		replicas.Go(func() {
			pool, err := pgxpool.NewWithConfig(t.Context(), config.Copy())
			if err != nil {
				t.Error(err)
				return
			}
			defer pool.Close()
			if err := migrate(t.Context(), pool); err != nil {
				t.Error(err)
			}
		})
	}
	replicas.Wait()
}

func created() *notification.AlternativeDistributionPackageVersionCreated {
	return &notification.AlternativeDistributionPackageVersionCreated{MarketplaceAppID: appID, AppID: "6478123456", PackageVersionID: "v"}
}

// onePackage is a deployment where the version that created is about can be read.
func onePackage(t *testing.T) (d *deployment, catalogue []version) {
	t.Helper()
	return newDeployment(t, asctest.WithPackageVersion(asctest.PackageVersion{
		PackageFile: asctest.PackageFile{ID: "v", Content: []byte("content")}, PackageID: "p", Version: "1",
	})), []version{{appID, "6478123456", "p", "v", "1", nil}}
}

// send sends to a replica and returns the status.
func (r *replica) send(t *testing.T, delivery asctest.Delivery) int {
	t.Helper()
	delivery.EndpointURL = "http://" + r.addr + "/notifications"
	status, err := delivery.Send(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return status
}

// The row, the job and the record of what was handled are there together, or none is.
func TestStoredTogether(t *testing.T) {
	d, catalogue := onePackage(t)
	r := d.start(t)
	d.recordEffects(t)
	delivery := d.deliveries(t, created())[0]
	for trigger, status := range map[string]int{
		`CREATE TRIGGER disk_full AFTER INSERT ON river_job FOR EACH ROW EXECUTE FUNCTION disk_full()`: http.StatusInternalServerError,
		`CREATE CONSTRAINT TRIGGER disk_full AFTER INSERT ON inbox DEFERRABLE INITIALLY DEFERRED
			FOR EACH ROW EXECUTE FUNCTION disk_full()`: http.StatusServiceUnavailable, // at the commit
	} {
		d.execute(t, `CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the disk is full'; END $$;`+trigger)
		if got := r.send(t, delivery); got != status {
			t.Errorf("got %d, want %d", got, status)
		}
		d.counts(t, map[string]int{"handled_notifications": 0, "inbox": 0, "river_job": 0})
		d.execute(t, `DROP FUNCTION disk_full CASCADE`)
	}
	for range 2 {
		if got := r.send(t, delivery); got != http.StatusOK {
			t.Errorf("got %d", got)
		}
	}
	r.idle(t)
	r.catalogueIs(t, catalogue)
	d.everythingOnce(t, 1)
}

// A job that fails has no effect, is seen in the backlog, and is repeated.
func TestAppliedTogether(t *testing.T) {
	d, catalogue := onePackage(t)
	r := d.start(t)
	d.execute(t, `CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the disk is full'; END $$;
		CREATE TRIGGER disk_full AFTER UPDATE ON inbox FOR EACH ROW EXECUTE FUNCTION disk_full()`)
	if got := r.send(t, d.deliveries(t, created())[0]); got != http.StatusOK {
		t.Errorf("got %d", got)
	}
	eventually(t, func() error {
		var failed bool
		err := d.pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT 1 FROM river_job WHERE errors IS NOT NULL)`).Scan(&failed)
		if err == nil && !failed {
			err = errors.New("the job has not failed")
		}
		return err
	})
	r.catalogueIs(t, nil)
	if b, err := get[backlog](t, r, "/healthz"); err != nil || b.Waiting != 1 || b.OldestSeconds <= 0 {
		t.Errorf("got %+v, %v", b, err)
	}
	d.execute(t, `DROP FUNCTION disk_full CASCADE`)
	d.recordEffects(t)
	r.idle(t)
	r.catalogueIs(t, catalogue)
	d.everythingOnce(t, 1)
}

// A job that was believed dead, and is not, is worked twice at the same time.
func TestWorkedTwice(t *testing.T) {
	d, catalogue := onePackage(t)
	d.apple.FailNext(asctest.Fault{Operation: asctest.GetPackageVersion, Kind: asctest.Late, Delay: 2 * time.Second})
	r := d.start(t)
	d.recordEffects(t)
	if got := r.send(t, d.deliveries(t, created())[0]); got != http.StatusOK {
		t.Errorf("got %d", got)
	}
	d.jobIsRunning(t)
	d.execute(t, `UPDATE river_job SET state = 'available'`) // as River's rescuer does
	r.idle(t)
	eventually(t, func() error { // the first comes too late
		if reads := d.reads(); reads != 2 {
			return fmt.Errorf("%d reads", reads)
		}
		return nil
	})
	time.Sleep(200 * time.Millisecond)
	r.catalogueIs(t, catalogue)
	d.everythingOnce(t, 1)
}

// jobIsRunning waits until a job has asked App Store Connect for a version.
func (d *deployment) jobIsRunning(t *testing.T) {
	t.Helper()
	eventually(t, func() error {
		if d.reads() == 0 {
			return errors.New("no job is running")
		}
		return nil
	})
}

func (d *deployment) reads() (n int) {
	for _, r := range d.apple.Requests() {
		if r.Operation == asctest.GetPackageVersion {
			n++
		}
	}
	return n
}

// A replica that is told to end finishes the job that it has begun.
func TestSIGTERM(t *testing.T) {
	d, catalogue := onePackage(t)
	d.apple.FailNext(asctest.Fault{Operation: asctest.GetPackageVersion, Kind: asctest.Late, Delay: time.Second})
	r := d.start(t)
	d.recordEffects(t)
	if got := r.send(t, d.deliveries(t, created())[0]); got != http.StatusOK {
		t.Errorf("got %d", got)
	}
	d.jobIsRunning(t)
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Wait(); err != nil {
		t.Error(err)
	}
	d.everythingOnce(t, 1)
	d.start(t).catalogueIs(t, catalogue)
}
