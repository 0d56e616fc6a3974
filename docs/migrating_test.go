package docs_test

// The migration in migrating.md.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// 1. The receiver accepts both formats.

// receiveBoth takes the notifications of both resources: one endpoint, one
// Verifier, one Handler. The webhooks may have different secrets.
func receiveBoth(c *catalogue, newSecret, oldSecret []byte) (http.Handler, error) {
	verifier, err := notification.NewVerifier(newSecret, oldSecret)
	if err != nil {
		return nil, err
	}
	return notification.NewHandler(verifier, c.handle)
}

func (c *catalogue) handle(_ context.Context, n *notification.Notification) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	arrival := cmp.Or(n.Timestamp, time.Now()) // where the event has no readable time, this is the best guess
	switch e := n.Event.(type) {
	case *notification.PackageVersionAvailable:
		c.add(version{e.AppID, e.PackageVersionID}, oldWay, cmp.Or(e.EventTimestamp, arrival))
	case *notification.AlternativeDistributionPackageVersionCreated:
		c.add(version{e.AppID, e.PackageVersionID}, newWay, cmp.Or(e.Timestamp, arrival))

	case *notification.AppVersionsUnavailable:
		for _, packageID := range e.PackageIDs {
			c.set(scope{e.AppID, packageID, everywhere}, change{false, cmp.Or(e.EventTimestamp, arrival)})
		}
	case *notification.AlternativeDistributionPackageAvailableUpdated:
		for _, territory := range e.Territories {
			c.set(scope{e.AppID, e.PackageID, territory}, change{e.Available, cmp.Or(e.Timestamp, arrival)})
		}

	case *notification.AppUnavailable:
		c.set(scope{e.AppID, everyPackage, everywhere}, change{false, cmp.Or(e.EventTimestamp, arrival)})
	case *notification.AlternativeDistributionTerritoryAvailabilityUpdated:
		for _, territory := range e.Territories {
			c.set(scope{e.AppID, everyPackage, territory}, change{e.Available, cmp.Or(e.Timestamp, arrival)})
		}

	case *notification.WebhookPingCreated: // nothing to do
	default:
		c.unknown = append(c.unknown, n.Raw) // to look at, and to handle with a later release
	}
	return nil
}

// 2. An event that arrives through both webhooks is recognised by its subject.

// version is a package version. Both formats carry the two IDs.
type version struct{ appID, packageVersionID string }

// add records a version. Whichever webhook reports it first, its work is done once.
func (c *catalogue) add(v version, by way, at time.Time) {
	heard, known := c.versions[v]
	if !known {
		c.work = append(c.work, v)
	}
	heard[by] = at
	c.versions[v] = heard
}

// scope is what may or may not be offered: a package, or all packages of an app,
// in a territory or everywhere. The old events name no territory.
type scope struct{ appID, packageID, territory string }

const everyPackage, everywhere = "", ""

// change is the latest known about a scope.
type change struct {
	available bool
	at        time.Time
}

// after orders changes. Of two at the same time the withdrawal wins: better to
// offer too little than too much.
func (a change) after(b change) bool {
	return cmp.Or(a.at.Compare(b.at), compareBool(b.available, a.available)) > 0
}

// set applies a change, unless a later one has been applied. Applying it twice
// does no harm.
func (c *catalogue) set(s scope, to change) {
	if to.after(c.latest[s]) {
		c.latest[s] = to
	}
}

// offered reports whether a package may be offered in a territory: neither it nor
// its app is withdrawn there.
func (c *catalogue) offered(appID, packageID, territory string) bool {
	for _, packageID := range []string{packageID, everyPackage} {
		latest := c.latest[scope{appID, packageID, territory}]
		if all := c.latest[scope{appID, packageID, everywhere}]; all.after(latest) {
			latest = all
		}
		if !latest.available && !latest.at.IsZero() {
			return false
		}
	}
	return true
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// 3. The move. Each step may be repeated.

type migration struct {
	client   *wrapper.Client
	appID    string                // of the marketplace app
	params   wrapper.WebhookParams // of the new webhook
	complete func(since time.Time) bool
	poll     time.Duration
}

// run can be stopped anywhere and started again: it skips what is done already.
func (m *migration) run(ctx context.Context) error {
	ensured, err := m.client.Webhooks.Ensure(ctx, m.appID, m.params)
	if err != nil {
		return err
	}
	since, err := m.ping(ctx, ensured.Webhook.ID)
	if err != nil {
		return err
	}
	old, err := m.client.MarketplaceWebhooks.Get(ctx)
	if errors.Is(err, wrapper.ErrNotFound) {
		return nil // an earlier run has deleted it
	}
	for err == nil && !m.complete(since) {
		err = m.pause(ctx)
	}
	if err != nil {
		return err
	}
	return m.client.MarketplaceWebhooks.Delete(ctx, old.ID)
}

// ping sends a ping and waits until its delivery has succeeded. From its
// creation on, every event should arrive through both webhooks.
func (m *migration) ping(ctx context.Context, id string) (since time.Time, err error) {
	earlier := map[string]bool{}
	for delivery, err := range m.client.Webhooks.Deliveries(ctx, id, wrapper.DeliveryFilter{}) {
		if err != nil {
			return since, err
		}
		earlier[delivery.ID] = true
	}
	if err := m.client.Webhooks.Ping(ctx, id); err != nil {
		return since, err
	}
	for {
		for delivery, err := range m.client.Webhooks.Deliveries(ctx, id, wrapper.DeliveryFilter{}) {
			switch {
			case err != nil:
				return since, err
			case !delivery.Ping || earlier[delivery.ID]:
			case delivery.State == wrapper.DeliverySucceeded:
				return delivery.CreatedDate, nil
			case delivery.State == wrapper.DeliveryFailed:
				return since, fmt.Errorf("the ping failed: status %d, %s", delivery.StatusCode, delivery.ErrorMessage)
			}
		}
		if err := m.pause(ctx); err != nil {
			return since, err
		}
	}
}

func (m *migration) pause(ctx context.Context) error {
	select {
	case <-time.After(m.poll):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// complete reports whether something has arrived through both webhooks since then,
// and nothing through the old one alone.
func (c *catalogue) complete(since time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	both := 0
	for _, heard := range c.versions {
		if heard[oldWay].Before(since) {
			continue
		}
		if heard[newWay].IsZero() {
			return false
		}
		both++
	}
	return both > 0
}

// 4. What the new events lack can be read.

// describe returns the package and the number of a version.
func describe(ctx context.Context, client *wrapper.Client, packageVersionID string) (packageID, number string, err error) {
	version, err := client.PackageVersions.Get(ctx, packageVersionID)
	return version.PackageID, version.Version, err
}

type way int

const oldWay, newWay way = 0, 1

// catalogue is what the service stores. A real one is a database.
type catalogue struct {
	mu       sync.Mutex
	versions map[version][2]time.Time // when each was heard of, by either way
	work     []version                // what is to be downloaded
	latest   map[scope]change
	unknown  [][]byte
}

func newCatalogue() *catalogue {
	return &catalogue{versions: map[version][2]time.Time{}, latest: map[scope]change{}}
}

const marketplaceApp, someApp = "6477361842", "6478123456"

// account is App Store Connect with the old webhook registered, and the service.
type account struct {
	t        *testing.T
	server   *asctest.Server
	service  *catalogue
	url      string
	happened []version
}

func newAccount(t *testing.T) *account {
	a := &account{t: t, service: newCatalogue()}
	receiver, err := receiveBoth(a.service, []byte("new secret"), []byte("old secret"))
	if err != nil {
		t.Fatal(err)
	}
	endpoint := httptest.NewServer(receiver)
	t.Cleanup(endpoint.Close)
	a.url = endpoint.URL
	a.server = asctest.NewServer(t, asctest.WithApp(marketplaceApp),
		asctest.MarketplaceWebhook{EndpointURL: a.url, Secret: "old secret"})
	return a
}

// happen makes a new package version, which is posted to each registered webhook,
// in either order.
func (a *account) happen() {
	v := version{someApp, fmt.Sprintf("version-%d", len(a.happened))}
	a.happened = append(a.happened, v)
	posts := []func() error{
		func() error {
			if _, registered := a.server.MarketplaceWebhook(); !registered {
				return nil
			}
			_, err := a.server.Notify(a.t.Context(), &notification.PackageVersionAvailable{
				MarketplaceAppID: marketplaceApp, AppID: v.appID,
				PackageID: "package", PackageVersionID: v.packageVersionID, PackageVersionNum: "1",
			})
			return err
		},
		func() error {
			event := &notification.AlternativeDistributionPackageVersionCreated{
				MarketplaceAppID: marketplaceApp, AppID: v.appID, PackageVersionID: v.packageVersionID,
			}
			recipients, _ := a.server.Sign("", notification.New(event)) // none, before the webhook is registered
			for _, n := range recipients {
				_, _ = n.Send(a.t.Context()) // what failed is sent again
			}
			return nil
		},
	}
	if rand.IntN(2) == 0 {
		slices.Reverse(posts)
	}
	for _, post := range posts {
		if err := post(); err != nil {
			a.t.Error(err)
		}
	}
}

var errKilled = errors.New("killed")

// kill ends the process at its n-th request: before it is sent, or after it has
// taken effect.
type kill struct {
	n    int
	sent bool
}

// migrate runs the migration in a process of its own, which may be killed.
// An event happens before each of its requests.
func (a *account) migrate(at kill) error {
	ctx, die := context.WithCancelCause(a.t.Context())
	defer die(nil)
	checked := asctest.Transport(a.t, a.server.Client().Transport)
	requests := 0
	transport := roundTrip(func(r *http.Request) (*http.Response, error) {
		a.happen()
		requests++
		if requests < at.n {
			return checked.RoundTrip(r)
		}
		if at.sent {
			if response, err := checked.RoundTrip(r); err == nil {
				_ = response.Body.Close()
			}
		}
		die(errKilled)
		return nil, errKilled
	})
	tokens, err := auth.NewTokenSource(auth.Key(a.server.Key()))
	if err != nil {
		a.t.Fatal(err)
	}
	client, err := wrapper.NewClient(tokens, wrapper.WithBaseURL(a.server.URL),
		wrapper.WithHTTPClient(&http.Client{Transport: transport}), wrapper.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		a.t.Fatal(err)
	}
	m := migration{
		client: client, appID: marketplaceApp, poll: time.Millisecond,
		params: wrapper.WebhookParams{
			Name: "marketplace", URL: a.url, Secret: wrapper.NewSecret("new secret"), EventTypes: wrapper.MarketplaceEvents(),
		},
		complete: func(since time.Time) bool { a.happen(); return a.service.complete(since) },
	}
	return m.run(ctx)
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestMigration kills the migration at every request, before or after it takes
// effect, and starts it again: it ends, loses nothing, and handles nothing twice.
func TestMigration(t *testing.T) {
	t.Parallel()
	const never = 1000
	killed, atAll := 0, true
	for n := 1; atAll; n++ {
		atAll = false
		for _, sent := range []bool{false, true} {
			a := newAccount(t)
			a.happen() // heard of by the old way only
			if err := a.migrate(kill{n, sent}); err != nil {
				if !errors.Is(err, errKilled) {
					t.Fatalf("killed at request %d: %v", n, err)
				}
				killed++
				atAll = true
				if err := a.migrate(kill{n: never}); err != nil {
					t.Fatalf("started again, after request %d: %v", n, err)
				}
			}
			a.happen() // by the new way only
			a.check(fmt.Sprintf("killed at request %d, sent: %v", n, sent))
		}
	}
	if killed < 2*6 {
		t.Errorf("killed %d times, which is not every request", killed)
	}
}

func (a *account) check(name string) {
	a.t.Helper()
	if _, registered := a.server.MarketplaceWebhook(); registered || len(a.server.State().Webhooks) != 1 {
		a.t.Errorf("%s: the old one is there: %v; new ones: %d", name, registered, len(a.server.State().Webhooks))
	}
	a.server.Wait()
	if !slices.Equal(a.service.work, a.happened) {
		a.t.Errorf("%s: handled %v, want each once: %v", name, a.service.work, a.happened)
	}
}

// TestAPingThatFails stops the migration: the old webhook stays.
func TestAPingThatFails(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.url = "http://127.0.0.1:1/"
	if err := a.migrate(kill{n: 1000}); err == nil {
		t.Error("no error")
	}
	if _, registered := a.server.MarketplaceWebhook(); !registered {
		t.Error("the old webhook is gone")
	}
}

// TestAvailability: off, on, off, in every order of arrival, through both webhooks.
func TestAvailability(t *testing.T) {
	t.Parallel()
	at := func(hour int) time.Time { return time.Date(2026, 1, 1, hour, 0, 0, 0, time.UTC) }
	oldOff := func(hour int) notification.Event {
		return &notification.AppVersionsUnavailable{
			MarketplaceAppID: marketplaceApp, AppID: someApp, PackageIDs: []string{"package"}, EventTimestamp: at(hour),
		}
	}
	set := func(available bool, hour int) notification.Event {
		return &notification.AlternativeDistributionPackageAvailableUpdated{
			MarketplaceAppID: marketplaceApp, AppID: someApp, PackageID: "package",
			Available: available, Territories: []string{"DEU"}, Timestamp: at(hour),
		}
	}
	for name, test := range map[string]struct {
		events   []notification.Event
		deu, fra bool
	}{
		"off":          {[]notification.Event{oldOff(1), set(false, 1)}, false, false},
		"off, on":      {[]notification.Event{oldOff(1), set(false, 1), set(true, 2)}, true, false},
		"off, on, off": {[]notification.Event{oldOff(1), set(false, 1), set(true, 2), oldOff(3), set(false, 3)}, false, false},
		"only the new": {[]notification.Event{set(false, 1), set(true, 2), set(false, 3)}, false, true},
		"same time":    {[]notification.Event{set(true, 1), set(false, 1)}, false, true},
		"the app": {[]notification.Event{set(true, 2), &notification.AlternativeDistributionTerritoryAvailabilityUpdated{
			MarketplaceAppID: marketplaceApp, AppID: someApp, Territories: []string{"DEU"}, Timestamp: at(1),
		}}, false, true},
		"the app, old": {[]notification.Event{set(true, 2), &notification.AppUnavailable{
			MarketplaceAppID: marketplaceApp, AppID: someApp, EventTimestamp: at(1),
		}}, false, false},
	} {
		for order := range permutations(len(test.events)) {
			c := newCatalogue()
			for _, i := range slices.Concat(order, order[:1]) { // one of them twice
				if err := c.handle(t.Context(), notification.New(test.events[i])); err != nil {
					t.Error(err)
				}
			}
			deu, fra := c.offered(someApp, "package", "DEU"), c.offered(someApp, "package", "FRA")
			if deu != test.deu || fra != test.fra {
				t.Errorf("%s, in the order %v: DEU %v, FRA %v", name, order, deu, fra)
			}
			if !c.offered(someApp, "other", "ESP") && name != "the app, old" {
				t.Errorf("%s: another package is gone too", name)
			}
		}
	}
}

// A withdrawal whose time is missing, or can't be read, is not dropped: the time of arrival stands for it.
func TestWithdrawnWithoutTime(t *testing.T) {
	for name, event := range map[string]notification.Event{
		"the package, old": &notification.AppVersionsUnavailable{AppID: someApp, PackageIDs: []string{"package"}},
		"the app, old":     &notification.AppUnavailable{AppID: someApp},
		"the package, new": &notification.AlternativeDistributionPackageAvailableUpdated{
			AppID: someApp, PackageID: "package", Territories: []string{"DEU"},
		},
		"the app, new": &notification.AlternativeDistributionTerritoryAvailabilityUpdated{
			AppID: someApp, Territories: []string{"DEU"},
		},
	} {
		c := newCatalogue()
		if err := c.handle(t.Context(), &notification.Notification{Event: event}); err != nil {
			t.Error(err)
		}
		if c.offered(someApp, "package", "DEU") {
			t.Errorf("%s: it is still on offer", name)
		}
	}
}

// permutations yields the orders of n things.
func permutations(n int) func(yield func([]int) bool) {
	return func(yield func([]int) bool) {
		var extend func(order []int) bool
		extend = func(order []int) bool {
			if len(order) == n {
				return yield(slices.Clone(order))
			}
			for i := range n {
				if !slices.Contains(order, i) && !extend(append(order, i)) {
					return false
				}
			}
			return true
		}
		extend(nil)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	file := asctest.PackageFile{ID: "v7"}
	server := asctest.NewServer(t, asctest.PackageVersion{PackageFile: file, PackageID: "package", Version: "7"})
	packageID, number, err := describe(t.Context(), clientOf(t, server), "v7")
	if packageID != "package" || number != "7" || err != nil {
		t.Errorf("got %q, %q, %v", packageID, number, err)
	}
}
