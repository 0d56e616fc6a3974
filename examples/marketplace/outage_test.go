package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/notification"
)

// open opens the service's database beside it.
func open(t *testing.T, database string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+database+"?_txlock=immediate&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// postAbout posts events about apps of their own, and returns how many were acknowledged.
func postAbout(t *testing.T, apple *asctest.Server, first, n int) (acknowledged int) {
	t.Helper()
	for i := range n {
		status, _ := apple.Notify(t.Context(), &notification.AlternativeDistributionTerritoryAvailabilityUpdated{
			MarketplaceAppID: appID, AppID: fmt.Sprint(first + i), Territories: []string{"DEU"},
		})
		if status == http.StatusOK {
			acknowledged++
		}
	}
	return acknowledged
}

// Somebody holds the database's lock for 14 s, which is longer than anybody waits for it.
func TestLocked(t *testing.T) {
	needsSpeed(t)
	t.Parallel()
	apple := newApple(t)
	s := newServed(t, apple)
	registered(t, apple)
	before := postAbout(t, apple, 0, 50)
	lock, err := open(t, s.database).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var senders sync.WaitGroup
	var posted, during atomic.Int64
	begin := time.Now()
	for range 8 {
		senders.Go(func() {
			for time.Since(begin) < 14*time.Second {
				during.Add(int64(postAbout(t, apple, 100+int(posted.Add(1)), 1)))
			}
		})
	}
	time.Sleep(14 * time.Second) // SQLite's own waiting is in real time
	if err := catalogueIs(t, s.addr, `{"versions":[]}`+"\n"); err != nil {
		t.Errorf("readers are locked out: %v", err)
	}
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	senders.Wait()
	t.Logf("%d of %d were acknowledged while it was locked", during.Load(), posted.Load())
	after := postAbout(t, apple, 1000, 50)
	if before != 50 || after != 50 {
		t.Errorf("acknowledged %d before and %d after", before, after)
	}
	eventually(t, func() error { return inboxIs(t, s.database, map[string]int{"applied": 100 + int(posted.Load())}) })
}
