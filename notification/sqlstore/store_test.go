package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"go/build"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/notification/sqlstore"
)

// nowhere connects to nothing.
type nowhere struct{}

func (nowhere) Connect(context.Context) (driver.Conn, error) { return nil, errors.New("nowhere") }
func (nowhere) Driver() driver.Driver                        { return nil }

// New connects to nothing, and what New has not made refuses to work.
func TestRefused(t *testing.T) {
	db := sql.OpenDB(nowhere{})
	defer func() { _ = db.Close() }()
	store, err := sqlstore.New(db, sqlstore.PostgreSQL, "service")
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Check(t.Context()); err == nil {
		t.Error("Check found a database that is not there")
	}
	if _, err := sqlstore.New(nil, sqlstore.SQLite, "service"); err == nil {
		t.Error("New took a nil database")
	}
	if _, err := sqlstore.New(db, "Oracle", "service"); err == nil || !strings.Contains(err.Error(), "Oracle") {
		t.Errorf("an unknown dialect: %v", err)
	}
	for _, name := range []string{"", strings.Repeat("s", 101)} {
		if _, err := sqlstore.New(db, sqlstore.SQLite, name); err == nil || !strings.Contains(err.Error(), "1 to 100 bytes") {
			t.Errorf("a name of %d bytes: %v", len(name), err)
		}
	}
	long := &notification.Notification{ID: strings.Repeat("7", 513)} // MySQL would store it cut
	if err := store.Once(t.Context(), long, nil); err == nil || !strings.Contains(err.Error(), "513 bytes") {
		t.Errorf("a long ID: %v", err)
	}
	for _, store := range []*sqlstore.Store{nil, {}} {
		once := store.Once(t.Context(), &notification.Notification{ID: "1"}, func(context.Context) error {
			t.Error("called")
			return nil
		})
		_, prune := store.Prune(t.Context(), time.Now().AddDate(0, 0, -30))
		for _, err := range []error{once, prune, store.Check(t.Context())} {
			if err == nil || !strings.Contains(err.Error(), "New") {
				t.Errorf("got %v", err)
			}
		}
	}
	if _, err := sqlstore.Tx(t.Context()); err == nil || !strings.Contains(err.Error(), "Deduplicator") {
		t.Errorf("Tx outside of a function: %v", err)
	}
}

// Importers get no driver but their own.
func TestImports(t *testing.T) {
	pkg, err := build.ImportDir(".", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range pkg.Imports {
		first, _, _ := strings.Cut(path, "/")
		if strings.Contains(first, ".") && !strings.HasPrefix(path, "github.com/ascmarketplace/webhooks/notification") {
			t.Errorf("imports %s", path)
		}
	}
	if len(pkg.Imports) == 0 {
		t.Error("no imports were found")
	}
}
