package sqlstoretest

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/internal/storetest"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/notification/sqlstore"
)

// Each connection that writes waits for locks and survives a power cut,
// whatever the driver's defaults and the data source name are. What is safer
// than that stays.
func TestSQLiteSettings(t *testing.T) {
	for _, test := range []struct {
		name, driver, options    string
		synchronous, busyTimeout int
	}{
		{"modernc's defaults", "sqlite", "", 2, 5000},
		{"mattn's defaults", "sqlite3", "", 2, 5000},
		{"unsafe, modernc", "sqlite", "?_pragma=synchronous(0)&_pragma=journal_mode(WAL)", 2, 5000},
		{"unsafe, mattn", "sqlite3", "?_synchronous=NORMAL&_journal_mode=WAL&_busy_timeout=0", 2, 5000},
		{"safer", "sqlite", "?_pragma=synchronous(3)&_pragma=busy_timeout(20000)", 3, 20000},
	} {
		t.Run(test.name, func(t *testing.T) {
			source := source{sqlstore.SQLite, test.driver, filepath.Join(t.TempDir(), "test.db") + test.options}
			source.migrate(t)
			err := source.store(t).Once(t.Context(), &notification.Notification{ID: "1"}, func(ctx context.Context) error {
				tx, err := sqlstore.Tx(ctx)
				if err != nil {
					return err
				}
				for pragma, want := range map[string]int{"synchronous": test.synchronous, "busy_timeout": test.busyTimeout} {
					var got int
					if err := tx.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
						t.Errorf("%s is %d, want %d: %v", pragma, got, want, err)
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// A database that a crash loses or damages is refused, with what to do.
func TestSQLiteRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "test.db")
	for _, test := range []struct{ name, driver, dsn string }{
		{"in memory, modernc", "sqlite", ":memory:"},
		{"in memory, mattn", "sqlite3", ":memory:"},
		{"no journal", "sqlite", file + "?_pragma=journal_mode(OFF)"},
		{"journal in memory", "sqlite3", file + "?_journal_mode=MEMORY"},
	} {
		store := source{sqlstore.SQLite, test.driver, test.dsn}.store(t)
		once := store.Once(t.Context(), &notification.Notification{ID: "1"}, func(context.Context) error {
			t.Errorf("%s: called", test.name)
			return nil
		})
		for _, err := range []error{once, store.Check(t.Context())} {
			if err == nil || !strings.Contains(err.Error(), "journal_mode(WAL)") {
				t.Errorf("%s: got %v", test.name, err)
			}
		}
	}
}

// Two processes have a pool each, so only SQLite's lock is between them.
func TestSQLiteTwoProcesses(t *testing.T) {
	const number = 200
	for _, driver := range []string{"sqlite", "sqlite3"} {
		t.Run(driver, func(t *testing.T) {
			source := source{sqlstore.SQLite, driver, filepath.Join(t.TempDir(), "test.db")}
			source.migrate(t)
			write := source.database().Write
			urls := []string{storetest.Receive(t, source.store(t), write), storetest.Receive(t, source.store(t), write)}
			statuses := storetest.PostAll(t, storetest.NewBodies(t, number), func(i int) string { return urls[i%2] })
			if statuses[http.StatusOK] != number {
				t.Errorf("got %v", statuses)
			}
			source.database().EffectsAre(t, number)
		})
	}
}

// The end of the context ends the wait for another notification, which
// SQLite's own waiting does not notice.
func TestSQLiteGivesUpWaiting(t *testing.T) {
	source := source{sqlstore.SQLite, "sqlite3", filepath.Join(t.TempDir(), "test.db")}
	source.migrate(t)
	store := source.store(t)
	err := store.Once(t.Context(), &notification.Notification{ID: "1"}, func(context.Context) error {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		begin := time.Now()
		err := store.Once(ctx, &notification.Notification{ID: "2"}, func(context.Context) error { return nil })
		if took := time.Since(begin); !errors.Is(err, context.DeadlineExceeded) || took > 4*time.Second {
			t.Errorf("gave up after %v: %v", took, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// One connection is enough, as SetMaxOpenConns(1) in a small service has it.
func TestSQLiteOneConnection(t *testing.T) {
	source := source{sqlstore.SQLite, "sqlite", filepath.Join(t.TempDir(), "test.db")}
	source.migrate(t)
	db := source.open(t)
	db.SetMaxOpenConns(1)
	store, err := sqlstore.New(db, sqlstore.SQLite, "service")
	if err != nil {
		t.Fatal(err)
	}
	url := storetest.Receive(t, store, source.database().Write)
	if got := storetest.PostAll(t, storetest.NewBodies(t, 100), func(int) string { return url }); got[http.StatusOK] != 100 {
		t.Errorf("got %v", got)
	}
}

// On a full disk nothing is acknowledged that was not kept, and Check says so.
// A limit of pages stands for the disk.
func TestSQLiteFull(t *testing.T) {
	file := filepath.Join(t.TempDir(), "test.db")
	source{sqlstore.SQLite, "sqlite", file}.migrate(t)
	source := source{sqlstore.SQLite, "sqlite", file + "?_pragma=max_page_count(8)"}
	store := source.store(t)
	url := storetest.Receive(t, store, source.database().Write)
	statuses := storetest.PostAll(t, storetest.NewBodies(t, 200), func(int) string { return url })
	acknowledged := statuses[http.StatusOK]
	if acknowledged == 0 || acknowledged == 200 || acknowledged+statuses[http.StatusServiceUnavailable]+
		statuses[http.StatusInternalServerError] != 200 { // 500 if the effect is what does not fit
		t.Errorf("got %v", statuses)
	}
	source.database().EffectsAre(t, acknowledged)
	if err := store.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("Check: %v", err)
	}
}

// A damaged file is told as what it is.
func TestSQLiteDamaged(t *testing.T) {
	for _, test := range []struct {
		name, want string
		damage     func([]byte)
	}{
		{"not a database", "not a database", func(file []byte) { copy(file, "no SQLite file") }},
		{"all pages but the first", "damaged", func(file []byte) { copy(file[4096:], strings.Repeat("\xff", len(file)-4096)) }},
		{"the rows", "", func(file []byte) { clear(file[2*4096-64 : 2*4096]) }},
	} {
		for _, driver := range []string{"sqlite", "sqlite3"} {
			file := filepath.Join(t.TempDir(), "test.db")
			source := source{sqlstore.SQLite, driver, file}
			source.migrate(t)
			store := source.store(t)
			for _, id := range []string{"1", "2", "3"} {
				n := &notification.Notification{ID: id}
				if err := store.Once(t.Context(), n, func(context.Context) error { return nil }); err != nil {
					t.Fatal(err)
				}
			}
			if err := store.Check(t.Context()); err != nil {
				t.Errorf("before: %v", err)
			}
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			test.damage(content)
			if err := os.WriteFile(file, content, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := source.store(t).Check(t.Context()); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s, %s: got %v", test.name, driver, err)
			}
		}
	}
}
