package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/pgtest"
)

// TestMain makes the test binary double as a replica, so that tests can kill it.
func TestMain(m *testing.M) {
	if os.Getenv("REPLICAS_TEST_PROCESS") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

const appID = "6477361842"

// Canaries: no replica may log them.
var secret, password = rand.Text(), rand.Text()

// A deployment is replicas that share a database, and their App Store Connect.
type deployment struct {
	apple    *asctest.Server
	database string
	pool     *pgxpool.Pool // the test's own
	packages string
	balancer *balancer
	secrets  string
}

func newDeployment(t *testing.T, cluster *pgtest.Cluster, opts ...asctest.Option) *deployment {
	t.Helper()
	// Nothing authenticates with the password, but a replica could log it.
	database := cluster.NewDatabase(t) + "&pool_max_conns=16&password=" + password
	pool, err := pgxpool.New(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return &deployment{
		apple:    asctest.NewServer(t, append(opts, asctest.WithApp(appID))...),
		database: database, pool: pool, packages: t.TempDir(), balancer: newBalancer(t), secrets: secret,
	}
}

// A replica is a process.
type replica struct {
	addr string
	cmd  *exec.Cmd
	log  *logbook // its stderr
}

// launch starts a replica and does not wait for it.
func (d *deployment) launch(t *testing.T) *replica {
	t.Helper()
	return d.launchAt(t, freeAddr(t))
}

func (d *deployment) launchAt(t *testing.T, addr string) *replica {
	t.Helper()
	key, r := d.apple.Key(), &replica{addr: addr, cmd: exec.Command(os.Args[0]), log: &logbook{}}
	r.cmd.Env = append(os.Environ(), "REPLICAS_TEST_PROCESS=1",
		"ASC_KEY_ID="+key.ID, "ASC_ISSUER_ID="+key.IssuerID, "ASC_PRIVATE_KEY="+string(key.PEM()),
		"ASC_BASE_URL="+d.apple.URL, "ASC_APP_ID="+appID, "ASC_WEBHOOK_SECRET="+d.secrets, "DATABASE_URL="+d.database,
		"MARKETPLACE_ENDPOINT_URL="+d.balancer.url+"/notifications", "MARKETPLACE_ADDR="+r.addr, "MARKETPLACE_PACKAGES="+d.packages)
	r.cmd.Stderr = r.log
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	d.balancer.add(r.addr)
	t.Cleanup(func() {
		r.kill()
		log := r.log.String()
		for _, canary := range []string{secret, password, strings.Split(string(key.PEM()), "\n")[1]} {
			if strings.Contains(log, canary) {
				t.Errorf("a secret was logged:\n%s", log)
			}
		}
		if t.Failed() {
			t.Logf("%s logged:\n%s", r.addr, log)
		}
	})
	return r
}

// start starts a replica and returns once it has registered.
func (d *deployment) start(t *testing.T) *replica {
	t.Helper()
	r := d.launch(t)
	r.registered(t)
	return r
}

func (r *replica) registered(t *testing.T) {
	t.Helper()
	r.logs(t, `msg="keeping up"`)
}

// logs waits until a replica has logged some text.
func (r *replica) logs(t *testing.T, text string) {
	t.Helper()
	eventually(t, func() error {
		if !strings.Contains(r.log.String(), text) {
			return fmt.Errorf("nothing logged has %s", text)
		}
		return nil
	})
}

// kill is kill -9, and nothing if the replica has ended.
func (r *replica) kill() { _, _ = r.cmd.Process.Kill(), r.cmd.Wait() }

// A logbook keeps what is written to it.
type logbook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// freeAddr returns a loopback address that stays free for a while: below the
// ports that the system hands out.
func freeAddr(t *testing.T) string {
	t.Helper()
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", 20000+mathrand.IntN(10000))
		if l, err := net.Listen("tcp", addr); err == nil {
			_ = l.Close()
			return addr
		}
	}
	t.Fatal("no port is free")
	return ""
}

// eventually asks until there is no error. The longest wait is for a killed
// replica's jobs: up to 30 s until River looks for them, and 8 s until they count as stuck.
func eventually(t *testing.T, check func() error) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// get reads JSON from a replica.
func get[T any](t *testing.T, r *replica, path string) (value T, err error) {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+r.addr+path, nil)
	if err != nil {
		return value, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return value, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return value, fmt.Errorf("%s: %s, %w", path, response.Status, err)
	}
	return value, json.Unmarshal(body, &value)
}

type backlog struct {
	Waiting       int
	OldestSeconds float64
}

// idle waits until nothing is left to apply.
func (r *replica) idle(t *testing.T) {
	t.Helper()
	eventually(t, func() error {
		b, err := get[backlog](t, r, "/healthz")
		if err == nil && b != (backlog{}) {
			err = fmt.Errorf("%d notifications are not applied, the oldest is %.1f s old", b.Waiting, b.OldestSeconds)
		}
		return err
	})
}

// execute runs SQL.
func (d *deployment) execute(t *testing.T, sql string) {
	t.Helper()
	if _, err := d.pool.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// counts checks what each query finds.
func (d *deployment) counts(t *testing.T, want map[string]int) {
	t.Helper()
	for query, want := range want {
		var got int
		if err := d.pool.QueryRow(t.Context(), `SELECT count(*) FROM `+query).Scan(&got); err != nil || got != want {
			t.Errorf("%s: got %d, want %d; %v", query, got, want, err)
		}
	}
}

// recordEffects makes the database write down each commit of a worker's
// transaction, with the state of the job in it: an effect that happens twice is
// there twice.
func (d *deployment) recordEffects(t *testing.T) {
	t.Helper()
	d.execute(t, `
		CREATE TABLE effects (id text NOT NULL, job text NOT NULL);
		CREATE FUNCTION record() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			INSERT INTO effects SELECT NEW.id, state FROM river_job WHERE args @> jsonb_build_object('id', NEW.id);
			RETURN NULL;
		END $$;
		CREATE CONSTRAINT TRIGGER record AFTER UPDATE ON inbox DEFERRABLE INITIALLY DEFERRED
			FOR EACH ROW EXECUTE FUNCTION record()`)
}

// applyJobs are the jobs of notifications: River has others too.
const applyJobs = "river_job WHERE kind = 'apply_notification'"

// everythingOnce checks that so many notifications are stored, and have had their effect, once each.
func (d *deployment) everythingOnce(t *testing.T, notifications int) {
	t.Helper()
	d.counts(t, map[string]int{
		"handled_notifications":                    notifications,
		"inbox":                                    notifications,
		applyJobs:                                  notifications,
		applyJobs + " AND state = 'completed'":     notifications,
		applyJobs + " AND args - 'id' <> '{}'":     0, // the body is not in there
		"effects":                                  notifications,
		"effects WHERE job <> 'completed'":         0,
		"(SELECT DISTINCT id FROM effects) AS ids": notifications,
	})
}
