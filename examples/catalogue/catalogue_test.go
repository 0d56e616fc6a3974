package catalogue

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/ascmarketplace/webhooks/internal/pgtest"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// A database is what Apply and Read need of one.
type database struct {
	read  *sql.DB
	apply func(ctx context.Context, f func(Exec) error) error // in a transaction
}

func newSQLite(t *testing.T) database {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "catalogue.db")+"?_pragma=journal_mode(WAL)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return database{db, func(ctx context.Context, f func(Exec) error) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		err = f(func(ctx context.Context, statement string, args ...any) error {
			_, err := tx.ExecContext(ctx, statement, args...)
			return err
		})
		if err != nil {
			return err
		}
		return tx.Commit()
	}}
}

func newPostgreSQL(t *testing.T) database {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), pgtest.Start(t).NewDatabase(t)+"&synchronous_commit=off")
	if err != nil {
		t.Fatal(err)
	}
	db := stdlib.OpenDBFromPool(pool)
	t.Cleanup(func() { _ = db.Close(); pool.Close() })
	return database{db, func(ctx context.Context, f func(Exec) error) error {
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			return f(func(ctx context.Context, statement string, args ...any) error {
				_, err := tx.Exec(ctx, statement, args...)
				return err
			})
		})
	}}
}

func (d database) empty(t *testing.T) {
	t.Helper()
	err := d.apply(t.Context(), func(exec Exec) error {
		return exec(t.Context(), Schema+`; DELETE FROM versions; DELETE FROM availability`)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// take applies notifications as they come out of a receiver.
func (d database) take(t *testing.T, arrivals []arrival) []Version {
	t.Helper()
	read := wrapper.PackageVersion{PackageFile: wrapper.PackageFile{ID: "v"}, PackageID: "p", Version: "1"}
	err := d.apply(t.Context(), func(exec Exec) error {
		for _, a := range arrivals {
			if err := Apply(t.Context(), exec, received(t, a), a.at, read); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Read(t.Context(), d.read)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

type arrival struct {
	event   notification.Event
	at      time.Time
	untimed bool
}

// received is a notification as it comes out of the receiver. An event without a time has one that can't be read.
func received(t *testing.T, a arrival) *notification.Notification {
	t.Helper()
	body, err := json.Marshal(notification.New(a.event))
	if err != nil {
		t.Fatal(err)
	}
	if a.untimed {
		body = regexp.MustCompile(`(?i)(timestamp)":"[^"]*"`).ReplaceAll(body, []byte(`$1":"yesterday"`))
	}
	n, err := notification.Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func at(second int) time.Time { return time.Date(2026, 1, 1, 0, 0, second, 0, time.UTC) }

// The events of both resources, about one version. Those of marketplaceWebhooks are the old ones.
func oldVersion(when time.Time) notification.Event {
	return &notification.PackageVersionAvailable{
		MarketplaceAppID: "m", AppID: "a", PackageID: "p", PackageVersionID: "v", PackageVersionNum: "1", EventTimestamp: when,
	}
}

func newVersion(when time.Time) notification.Event {
	return &notification.AlternativeDistributionPackageVersionCreated{
		MarketplaceAppID: "m", AppID: "a", PackageVersionID: "v", Timestamp: when,
	}
}

func oldPackageOff(when time.Time) notification.Event {
	return &notification.AppVersionsUnavailable{
		MarketplaceAppID: "m", AppID: "a", PackageIDs: []string{"q", "p"}, EventTimestamp: when,
	}
}

func oldAppOff(when time.Time) notification.Event {
	return &notification.AppUnavailable{MarketplaceAppID: "m", AppID: "a", EventTimestamp: when}
}

func newPackage(when time.Time, available bool, territories ...string) notification.Event {
	return &notification.AlternativeDistributionPackageAvailableUpdated{
		MarketplaceAppID: "m", AppID: "a", PackageID: "p", Available: available, Territories: territories, Timestamp: when,
	}
}

func newApp(when time.Time, available bool, territories ...string) notification.Event {
	return &notification.AlternativeDistributionTerritoryAvailabilityUpdated{
		MarketplaceAppID: "m", AppID: "a", Available: available, Territories: territories, Timestamp: when,
	}
}

var (
	everywhere = []Version{{"a", "p", "v", "1", nil, nil}}
	nowhere    = []Version{}
)

func notIn(territories ...string) []Version { return []Version{{"a", "p", "v", "1", territories, nil}} }
func only(territories ...string) []Version  { return []Version{{"a", "p", "v", "1", nil, territories}} }

// The catalogue follows from what happened and when, in whatever order it is heard of, and however often.
func TestEveryOrder(t *testing.T) {
	stories := []struct {
		name   string
		events []notification.Event
		want   []Version
	}{
		{"old", []notification.Event{oldVersion(at(1))}, everywhere},
		{"new", []notification.Event{newVersion(at(1))}, everywhere},
		{"both report one version", []notification.Event{oldVersion(at(1)), newVersion(at(2))}, everywhere},
		{"package off, old", []notification.Event{newVersion(at(1)), oldPackageOff(at(2))}, nowhere},
		{"package off, new", []notification.Event{oldVersion(at(1)), newPackage(at(2), false, "FRA", "DEU")}, notIn("DEU", "FRA")},
		{"app off, old", []notification.Event{oldVersion(at(1)), oldAppOff(at(2))}, nowhere},
		{"app off, new", []notification.Event{oldVersion(at(1)), newApp(at(2), false, "DEU")}, notIn("DEU")},
		{"app off by the old, on by the new",
			[]notification.Event{oldVersion(at(1)), oldAppOff(at(2)), newApp(at(3), true, "FRA", "DEU")}, only("DEU", "FRA")},
		{"package off by the old, on by the new",
			[]notification.Event{oldVersion(at(1)), oldPackageOff(at(2)), newPackage(at(3), true, "DEU")}, only("DEU")},
		{"on by the new, then off by the old",
			[]notification.Event{oldVersion(at(1)), newApp(at(2), true, "DEU"), oldAppOff(at(3))}, nowhere},
		{"off by the old, on by the new, off by the old",
			[]notification.Event{oldVersion(at(1)), oldAppOff(at(2)), newApp(at(3), true, "DEU"), oldAppOff(at(4))}, nowhere},
		{"off by the old, on and off by the new",
			[]notification.Event{oldVersion(at(1)), oldAppOff(at(2)), newApp(at(3), true, "DEU", "FRA"), newApp(at(4), false, "FRA")}, only("DEU")},
		{"app off by the old, on by the new for a package only",
			[]notification.Event{oldVersion(at(1)), oldAppOff(at(2)), newPackage(at(3), true, "DEU")}, nowhere},
		{"app and package off, app on", []notification.Event{
			oldVersion(at(1)), newApp(at(2), false, "DEU"), newPackage(at(3), false, "DEU"), newApp(at(4), true, "DEU"),
		}, notIn("DEU")},
		{"off and on in one territory",
			[]notification.Event{newVersion(at(1)), newApp(at(2), false, "DEU"), newApp(at(3), true, "DEU")}, everywhere},
		{"off at the same time as on",
			[]notification.Event{newVersion(at(1)), newApp(at(2), false, "DEU"), newApp(at(2), true, "DEU")}, notIn("DEU")},
		{"off by the old at the same time as on by the new",
			[]notification.Event{newVersion(at(1)), oldAppOff(at(2)), newApp(at(2), true, "DEU")}, nowhere},
		{"off by the old at the same time as reported", []notification.Event{oldVersion(at(2)), oldAppOff(at(2))}, nowhere},
		{"off by the old, then reported again",
			[]notification.Event{oldVersion(at(1)), oldAppOff(at(2)), oldVersion(at(3))}, everywhere},
		{"off by the old, then reported by the new",
			[]notification.Event{oldVersion(at(1)), oldPackageOff(at(2)), newVersion(at(3))}, everywhere},
		{"off in a territory, then reported again",
			[]notification.Event{oldVersion(at(1)), newApp(at(2), false, "DEU"), oldVersion(at(3))}, notIn("DEU")},
	}
	for name, open := range map[string]func(*testing.T) database{"SQLite": newSQLite, "PostgreSQL": newPostgreSQL} {
		t.Run(name, func(t *testing.T) {
			d := open(t)
			for _, story := range stories {
				for _, order := range permutations(append(story.events, story.events[0])) { // the first one twice
					d.empty(t)
					var arrivals []arrival
					for i, event := range order {
						arrivals = append(arrivals, arrival{event: event, at: at(100 + i)})
					}
					if got := d.take(t, arrivals); !reflect.DeepEqual(got, story.want) {
						t.Errorf("%s: got %+v, want %+v, after %s", story.name, got, story.want, types(order))
						break
					}
				}
			}
		})
	}
}

// Where an event's time is missing or can't be read, the time of arrival stands for it.
func TestMissingTimes(t *testing.T) {
	none := time.Time{}
	for _, test := range []struct {
		name     string
		arrivals []arrival
		want     []Version
	}{
		{"a withdrawal of the old resource is not dropped",
			[]arrival{{oldVersion(at(1)), at(2), false}, {oldAppOff(none), at(3), true}}, nowhere},
		{"nor one of the new", []arrival{{newVersion(at(1)), at(2), false}, {newApp(none, false, "DEU"), at(3), true}}, notIn("DEU")},
		{"nor the first thing that arrives",
			[]arrival{{oldAppOff(none), at(3), true}, {newVersion(at(1)), at(4), false}}, nowhere},
		{"no event has a time", []arrival{
			{oldVersion(none), at(1), true}, {oldAppOff(none), at(2), true}, {newApp(none, true, "DEU"), at(3), true}}, only("DEU")},
		{"handled late, arrived early", []arrival{
			{oldVersion(none), at(1), true}, {newApp(none, true, "DEU"), at(3), true}, {oldAppOff(none), at(2), true}}, only("DEU")},
	} {
		d := newSQLite(t)
		d.empty(t)
		if got := d.take(t, test.arrivals); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
		}
	}
}

// What is not understood changes nothing, and says so; a ping is understood.
func TestUnknown(t *testing.T) {
	refuse := func(context.Context, string, ...any) error { t.Error("something was written"); return nil }
	n, err := notification.Decode([]byte(`{"data":{"type":"Tomorrow","id":"1","version":1}}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := Apply(t.Context(), refuse, n, at(1), wrapper.PackageVersion{}); !errors.Is(err, ErrUnknown) {
		t.Errorf("got %v", err)
	}
	n.Event = &notification.WebhookPingCreated{}
	if err := Apply(t.Context(), refuse, n, at(1), wrapper.PackageVersion{}); err != nil {
		t.Errorf("got %v for a ping", err)
	}
}

func TestWithdraws(t *testing.T) {
	for _, event := range []notification.Event{
		oldPackageOff(at(1)), oldAppOff(at(1)), newPackage(at(1), false, "DEU"), newApp(at(1), false, "DEU"),
	} {
		if !Withdraws(event) {
			t.Errorf("%T does", event)
		}
	}
	for _, event := range []notification.Event{
		nil, oldVersion(at(1)), newVersion(at(1)), newPackage(at(1), true, "DEU"), newApp(at(1), true, "DEU"),
	} {
		if Withdraws(event) {
			t.Errorf("%T does not", event)
		}
	}
}

func permutations[T any](all []T) (orders [][]T) {
	if len(all) == 0 {
		return [][]T{nil}
	}
	for i, first := range all {
		rest := append(append([]T{}, all[:i]...), all[i+1:]...)
		for _, order := range permutations(rest) {
			orders = append(orders, append([]T{first}, order...))
		}
	}
	return orders
}

func types(events []notification.Event) (text string) {
	for _, event := range events {
		text += fmt.Sprintf("%+v; ", event)
	}
	return text
}
