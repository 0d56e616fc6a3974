package sqlstoretest

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/notification/sqlstore"
)

const notifications = 2_000

// TestKilled: a process is killed in the middle of 2,000 notifications, three
// times, and given all of them again: the effects equal the truth.
func TestKilled(t *testing.T) {
	if driver := os.Getenv("KILLED_DRIVER"); driver != "" {
		handleAll(t, engine{driver, os.Getenv("KILLED_DSN"), sqlstore.Dialect(os.Getenv("KILLED_DIALECT"))})
		return
	}
	each(t, func(t *testing.T, e engine, db *sql.DB) {
		if e.driver == "sqlite3" {
			t.Skip("the other driver's turn: both write the same files")
		}
		start := func() *exec.Cmd {
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$")
			child.Env = append(os.Environ(), "KILLED_DRIVER="+e.driver, "KILLED_DSN="+e.dsn, "KILLED_DIALECT="+string(e.dialect))
			return child
		}
		for kill := range 3 {
			child := start()
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			want := (kill + 1) * notifications / 4
			for begin := time.Now(); count(t, db, `SELECT count(*) FROM effects`) < want && time.Since(begin) < time.Minute; {
				time.Sleep(5 * time.Millisecond)
			}
			if err := child.Process.Kill(); err != nil {
				t.Errorf("it ended before it was killed: %v", err)
			}
			_ = child.Wait()
			t.Logf("killed with %d effects", count(t, db, `SELECT count(*) FROM effects`))
		}
		if out, err := start().CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		all, distinct := count(t, db, `SELECT count(*) FROM effects`), count(t, db, `SELECT count(DISTINCT id) FROM effects`)
		if all != notifications || distinct != notifications {
			t.Errorf("%d effects of %d notifications, want %d of each", all, distinct, notifications)
		}
	})
}

// handleAll is the process that is killed.
func handleAll(t *testing.T, e engine) {
	store := e.store(t, e.open(t), "killed")
	ids := make(chan int)
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for i := range ids {
				n := event(fmt.Sprint("n", i))
				if err := store.Once(t.Context(), n, e.handle(n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range notifications {
		ids <- i
	}
	close(ids)
	workers.Wait()
}
