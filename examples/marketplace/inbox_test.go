package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/notification"
)

// openInbox returns an inbox that nobody works off.
func openInbox(t *testing.T, database string) *inbox {
	t.Helper()
	db, err := openStore(database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return newInbox(db, slog.New(slog.DiscardHandler))
}

// received is a notification as it comes out of the receiver.
func received(t *testing.T, event notification.Event) *notification.Notification {
	t.Helper()
	body, err := json.Marshal(notification.New(event))
	if err != nil {
		t.Fatal(err)
	}
	n, err := notification.Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What failed is not there, and may come again.
func TestOnce(t *testing.T) {
	database := databasePath(t)
	i, n := openInbox(t, database), received(t, available())
	failure, calls := errors.New("after storing"), 0
	storing := func(ctx context.Context) error {
		calls++
		return errors.Join(i.Store(ctx, n), failure)
	}
	if err := i.Once(t.Context(), n, storing); !errors.Is(err, failure) {
		t.Errorf("got %v", err)
	}
	failure = nil
	for range 2 {
		if err := i.Once(t.Context(), n, storing); err != nil {
			t.Error(err)
		}
	}
	if calls != 2 {
		t.Errorf("%d calls: want the one that failed and one more", calls)
	}
	if err := inboxIs(t, database, map[string]int{"new": 1}); err != nil {
		t.Error(err)
	}
}

// A row that could not be applied stays new: both happen together or not at all.
func TestApplyNext(t *testing.T) {
	database := databasePath(t)
	i, n := openInbox(t, database), received(t, available())
	if err := i.Once(t.Context(), n, func(ctx context.Context) error { return i.Store(ctx, n) }); err != nil {
		t.Fatal(err)
	}
	w := &worker{inbox: i}
	execute(t, i.db, `CREATE TRIGGER full BEFORE INSERT ON versions BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`)
	if found, err := w.applyNext(t.Context()); found || err == nil {
		t.Errorf("got %t, %v", found, err)
	}
	execute(t, i.db, `DROP TRIGGER full`)
	if err := inboxIs(t, database, map[string]int{"new": 1}); err != nil {
		t.Error(err)
	}
	if found, err := w.applyNext(t.Context()); !found || err != nil {
		t.Errorf("got %t, %v", found, err)
	}
	if found, err := w.applyNext(t.Context()); found || err != nil {
		t.Errorf("there is nothing left, but got %t, %v", found, err)
	}
}

func execute(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// What a process stored and did not come to, the next one works off.
func TestWorksOffWhatWasLeft(t *testing.T) {
	database := databasePath(t)
	left, n := openInbox(t, database), received(t, available())
	if err := left.Once(t.Context(), n, func(ctx context.Context) error { return left.Store(ctx, n) }); err != nil {
		t.Fatal(err)
	}
	addr := serve(t, newApple(t), database)
	eventually(t, func() error { return catalogueIs(t, addr, onePackage) })
}

// downloadWorker works off an inbox of its own against apple.
func downloadWorker(t *testing.T, apple *asctest.Server, maxSize int64, log io.Writer) *worker {
	t.Helper()
	logger := slog.New(slog.NewTextHandler(log, nil))
	client, err := newClient(config{Key: auth.Key(apple.Key()), BaseURL: apple.URL}, logger)
	if err != nil {
		t.Fatal(err)
	}
	downloads := newDownloader(client, t.TempDir())
	downloads.maxSize = maxSize
	inbox := openInbox(t, databasePath(t))
	inbox.logger = logger
	return &worker{inbox, downloads, time.Millisecond}
}

func storeIn(w *worker, n *notification.Notification) func(context.Context) error {
	return func(ctx context.Context) error { return w.Store(ctx, n) }
}

// A territory that becomes unavailable leaves the catalogue for that territory
// only; off, on and off again in any order end off.
func TestTerritories(t *testing.T) {
	w := &worker{inbox: openInbox(t, databasePath(t))}
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	change := func(second int, available bool) notification.Event {
		return &notification.AlternativeDistributionTerritoryAvailabilityUpdated{
			MarketplaceAppID: "6477361842", AppID: "6478123456", Available: available, Territories: []string{"DEU"},
			Timestamp: begin.Add(time.Duration(second) * time.Second),
		}
	}
	for _, event := range []notification.Event{available(), change(3, false), change(2, true), change(1, false)} {
		n := received(t, event)
		if err := w.Once(t.Context(), n, storeIn(w, n)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.applyNext(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	got, err := readCatalogue(t.Context(), w.db)
	if err != nil || len(got) != 1 || len(got[0].WithdrawnIn) != 1 || got[0].WithdrawnIn[0] != "DEU" {
		t.Errorf("got %+v, %v", got, err)
	}
}
