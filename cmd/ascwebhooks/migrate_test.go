package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// serviceWith starts a service whose receiver knows these secrets. Its other
// paths are 404.
func serviceWith(t *testing.T, secrets ...string) (url string) {
	t.Helper()
	var known [][]byte
	for _, secret := range secrets {
		known = append(known, []byte(secret))
	}
	verifier, err := notification.NewVerifier(known...)
	if err != nil {
		t.Fatal(err)
	}
	handler, err := notification.NewHandler(verifier, func(context.Context, *notification.Notification) error { return nil },
		notification.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/{$}", handler)
	service := httptest.NewServer(mux)
	t.Cleanup(service.Close)
	return service.URL + "/"
}

func eventTypes(events []wrapper.EventType) (types []string) {
	for _, event := range events {
		types = append(types, string(event))
	}
	return types
}

// inUse is an account that has the old webhook and, at the URL to move to, an
// app's webhook of everything, which somebody has disabled.
func inUse(t *testing.T, url string, opts ...asctest.Option) *asctest.Server {
	t.Helper()
	return account(t, append(opts,
		asctest.MarketplaceWebhook{ID: "old", EndpointURL: "https://marketplace.example/old", Secret: "canary-0"},
		asctest.Webhook{ID: "all", AppID: sample.MarketplaceAppID, Name: "CI and everything", URL: url,
			Secret: "canary-0", EventTypes: eventTypes(wrapper.AllEvents())},
		asctest.Webhook{ID: "other", AppID: sample.MarketplaceAppID, Name: "other", URL: "https://other.example/",
			Secret: "canary-0", Enabled: true, EventTypes: []string{"BUILD_UPLOAD_STATE_UPDATED"}})...)
}

// migrate runs the command for a receiver and returns its document.
func migrate(t *testing.T, url string, args ...string) (code int, got migrationDocument, stderr string) {
	t.Helper()
	code, stdout, stderr := inProcess(t, append([]string{"migrate", "--endpoint-url", url, "--output", "json"}, args...)...)
	if code == exitOK {
		if err := json.Unmarshal([]byte(stdout), &got); err != nil {
			t.Errorf("%v: %s", err, stdout)
		}
	} else if stdout != "" {
		t.Errorf("failed, and printed %s", stdout)
	}
	if strings.Contains(stdout+stderr, "canary") {
		t.Errorf("a secret is printed: %s %s", stdout, stderr)
	}
	return code, got, stderr
}

// TestMigrate: plan, safe part, safe part again, an event, end, end again.
func TestMigrate(t *testing.T) {
	url := serviceWith(t, "canary-1")
	server := account(t, asctest.MarketplaceWebhook{ID: "old", EndpointURL: "https://marketplace.example/old", Secret: "canary-0"})
	for _, step := range []struct {
		name     string
		args     []string
		action   string
		deleted  bool
		old      bool // is there afterwards
		webhooks int
	}{
		{"plan", []string{"--dry-run"}, "created", false, true, 0},
		{"whole plan", []string{"--dry-run", "--finish", "--yes"}, "created", false, true, 0},
		{"safe part", nil, "created", false, true, 1},
		{"safe part again", nil, "updated", false, true, 1},
		{"end", []string{"--finish"}, "updated", true, false, 1},
		{"end again", []string{"--finish"}, "updated", false, false, 1},
	} {
		if step.name == "end" {
			event := &notification.AlternativeDistributionPackageVersionCreated{
				MarketplaceAppID: sample.MarketplaceAppID, AppID: sample.AppID, PackageVersionID: sample.PackageVersionID}
			if status, err := server.Notify(t.Context(), event); status != http.StatusOK || err != nil {
				t.Fatalf("status %d, %v", status, err)
			}
		}
		code, got, stderr := migrate(t, url, step.args...)
		if code != exitOK || string(got.Action) != step.action || got.OldDeleted != step.deleted {
			t.Errorf("%s: exit code %d, stderr %s, got %+v", step.name, code, stderr, got)
		}
		if _, there := server.MarketplaceWebhook(); there != step.old {
			t.Errorf("%s: the old webhook is there: %v", step.name, there)
		}
		there := server.State().Webhooks
		if len(there) != step.webhooks || step.webhooks > 0 && got.ID != there[0].ID {
			t.Errorf("%s: %d webhooks, got %+v", step.name, len(there), got)
		}
	}
	webhook := server.State().Webhooks[0]
	webhook.ID = ""
	want := asctest.Webhook{AppID: sample.MarketplaceAppID, Name: "marketplace notifications", URL: url, Secret: "canary-1",
		Enabled: true, EventTypes: eventTypes(wrapper.MarketplaceEvents())}
	if !reflect.DeepEqual(webhook, want) {
		t.Errorf("registered %+v, want %+v", webhook, want)
	}
}

// TestMigrateRefuses what would do harm: everything stays as it was, and the
// reason is told.
func TestMigrateRefuses(t *testing.T) {
	knows, other := serviceWith(t, "canary-0", "canary-1"), serviceWith(t, "canary-0")
	status := func(status int) string {
		service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", knows)
			w.WriteHeader(status)
		}))
		t.Cleanup(service.Close)
		return service.URL
	}
	for name, test := range map[string]struct {
		url  string
		args []string
		want string
	}{
		"wrong secret":       {other, nil, "responded 401 Unauthorized to a ping that is signed with this secret: it must know"},
		"mistyped path":      {knows + "typo", nil, "responded 404 Not Found to a signed ping, instead of 2xx: check --endpoint-url"},
		"mistyped host":      {"http://127.0.0.1:1/", nil, "cannot be reached from here"},
		"redirect":           {status(http.StatusFound), nil, "responded 302 Found to a signed ping"},
		"credulous":          {status(http.StatusOK), nil, "responded 200 OK to a forged ping"},
		"no event yet":       {knows, []string{"--finish"}, "--finish would delete the old webhook before any event"},
		"no event yet, plan": {knows, []string{"--finish", "--dry-run"}, "--finish would delete the old webhook before any event"},
		"finish, mistyped":   {knows + "typo", []string{"--finish", "--yes"}, "check --endpoint-url"},
		"plan, wrong secret": {other, []string{"--dry-run"}, "it must know the secret first"},
	} {
		t.Run(name, func(t *testing.T) {
			server := inUse(t, test.url)
			before := server.State()
			code, _, stderr := migrate(t, test.url, test.args...)
			if code != exitFailed || !strings.Contains(stderr, test.want) ||
				!strings.Contains(stderr, "; nothing was changed\n") || strings.Count(stderr, "\n") != 1 {
				t.Errorf("exit code %d, stderr %s", code, stderr)
			}
			if after := server.State(); !reflect.DeepEqual(after, before) {
				t.Errorf("changed to %+v", after)
			}
			if posted := server.Deliveries(""); len(posted) > 0 {
				t.Errorf("App Store Connect posted %+v", posted)
			}
		})
	}
}

// TestMigrateFinishNeedsAnEvent of alternative distribution that was delivered:
// one that failed and another event do not count.
func TestMigrateFinishNeedsAnEvent(t *testing.T) {
	url := serviceWith(t, "canary-0", "canary-1")
	server := inUse(t, url)
	for _, sent := range []struct {
		event  notification.Event
		secret string
		status int
	}{
		{&notification.AlternativeDistributionPackageVersionCreated{MarketplaceAppID: sample.MarketplaceAppID, AppID: sample.AppID,
			PackageVersionID: sample.PackageVersionID}, "canary-9", http.StatusUnauthorized},
		{&notification.AppStoreVersionAppVersionStateUpdated{StateChange: notification.StateChange{InstanceID: "v", New: "NEW"}},
			"canary-0", http.StatusOK},
	} {
		_ = server.Update(func(s *asctest.State) { s.Webhooks[0].Enabled, s.Webhooks[0].Secret = true, sent.secret })
		if status, err := server.Notify(t.Context(), sent.event); status != sent.status || err != nil {
			t.Fatalf("status %d, %v", status, err)
		}
	}
	before := server.State()
	code, _, stderr := migrate(t, url, "--finish")
	if code != exitFailed || !strings.Contains(stderr, "before any event was delivered") {
		t.Errorf("exit code %d, stderr %s", code, stderr)
	}
	if after := server.State(); !reflect.DeepEqual(after, before) {
		t.Errorf("changed to %+v", after)
	}
}

// TestMigrateKeeps what a webhook in use has: its name, its events, and what
// else there is.
func TestMigrateKeeps(t *testing.T) {
	url := serviceWith(t, "canary-1")
	keyed := func(d difference) string { return d.Field + ": " + d.From + " -> " + d.To }
	for name, test := range map[string]struct {
		events []string // registered before
		args   []string
		plan   []string // the differences
		want   asctest.Webhook
	}{
		"all events": {eventTypes(wrapper.AllEvents()), nil,
			[]string{"state: disabled -> enabled", "secret: unknown -> will be set"},
			asctest.Webhook{Name: "CI and everything", EventTypes: eventTypes(wrapper.AllEvents())}},
		"asked to rename": {eventTypes(wrapper.AllEvents()), []string{"--name", "new"},
			[]string{"name: CI and everything -> new", "state: disabled -> enabled", "secret: unknown -> will be set"},
			asctest.Webhook{Name: "new", EventTypes: eventTypes(wrapper.AllEvents())}},
		"events are added": {[]string{"BUILD_UPLOAD_STATE_UPDATED", string(wrapper.MarketplaceEvents()[1])}, nil,
			[]string{"event:  -> " + string(wrapper.MarketplaceEvents()[0]), "event:  -> " + string(wrapper.MarketplaceEvents()[2]),
				"state: disabled -> enabled", "secret: unknown -> will be set"},
			asctest.Webhook{Name: "CI and everything", EventTypes: []string{"BUILD_UPLOAD_STATE_UPDATED",
				string(wrapper.MarketplaceEvents()[1]), string(wrapper.MarketplaceEvents()[0]), string(wrapper.MarketplaceEvents()[2])}}},
	} {
		t.Run(name, func(t *testing.T) {
			server := inUse(t, url)
			_ = server.Update(func(s *asctest.State) { s.Webhooks[0].EventTypes = test.events })
			before := server.State()
			given := strings.TrimSuffix(url, "/") // the same URL
			code, plan, stderr := migrate(t, given, append(test.args, "--dry-run")...)
			var planned []string
			for _, d := range plan.Differences {
				planned = append(planned, keyed(d))
			}
			if code != exitOK || !slices.Equal(planned, test.plan) || plan.ID != "all" || !plan.DryRun {
				t.Errorf("plan: exit code %d, %q, stderr %s", code, planned, stderr)
			}
			if after := server.State(); !reflect.DeepEqual(after, before) {
				t.Errorf("the plan changed %+v", after)
			}
			code, got, stderr := migrate(t, given, test.args...)
			if code != exitOK || !reflect.DeepEqual(got.Differences, plan.Differences) {
				t.Errorf("exit code %d, %+v, stderr %s", code, got.Differences, stderr)
			}
			test.want.ID, test.want.AppID, test.want.URL = "all", sample.MarketplaceAppID, url
			test.want.Secret, test.want.Enabled = "canary-1", true
			want := before
			want.Webhooks = slices.Clone(before.Webhooks)
			want.Webhooks[0] = test.want
			after := server.State()
			want.FormerSecrets = after.FormerSecrets
			slices.Sort(want.Webhooks[0].EventTypes)
			slices.Sort(after.Webhooks[0].EventTypes)
			if !reflect.DeepEqual(after, want) {
				t.Errorf("registered %+v, want %+v", after, want)
			}
		})
	}
}

// TestMigratePlanText is what people read, with --dry-run and without.
func TestMigratePlanText(t *testing.T) {
	url := serviceWith(t, "canary-1")
	inUse(t, url)
	const plan = "new webhook: +all\nstate: +disabled -> enabled\nsecret: +unknown -> will be set\n" +
		"old webhook: +old, which posts to https://marketplace.example/old: "
	code, stdout, stderr := inProcess(t, "migrate", "--endpoint-url", url, "--dry-run")
	if code != exitOK || !strings.HasPrefix(stderr, "dry run: nothing is changed") {
		t.Errorf("exit code %d, stderr %s", code, stderr)
	}
	wantMatch(t, stdout, plan+"stays, without --finish")
	code, stdout, stderr = inProcess(t, "migrate", "--endpoint-url", url, "--finish", "--yes")
	if code != exitOK {
		t.Errorf("exit code %d", code)
	}
	wantMatch(t, stderr, plan+"will be deleted", "ping delivered")
	wantMatch(t, stdout, "new webhook: +all", `old webhook: +old \(deleted\)`)
}

// TestMigrateSkipCheck posts nothing from here; App Store Connect's own ping
// still decides about the old webhook.
func TestMigrateSkipCheck(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		want   string
	}{
		"slow":     {0, "not delivered yet"},
		"refused":  {http.StatusUnauthorized, "the receiver responded 401 Unauthorized"},
		"accepted": {http.StatusOK, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var posted atomic.Int32
			release := make(chan struct{})
			receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				switch {
				case posted.Add(1) == 1:
					return // an earlier ping, which says nothing of today
				case test.status == 0:
					<-release
				default:
					w.WriteHeader(test.status)
				}
			}))
			defer receiver.Close()
			defer close(release)
			server := inUse(t, receiver.URL)
			_ = server.Update(func(s *asctest.State) { s.Webhooks[0].Enabled = true })
			succeed(t, "webhooks", "ping", "all")
			server.Wait()
			code, _, stderr := migrate(t, receiver.URL, "--skip-check", "--finish", "--yes", "--timeout", "100ms")
			if (code == exitOK) != (test.want == "") || !strings.Contains(stderr, test.want) {
				t.Errorf("exit code %d, stderr %s", code, stderr)
			}
			if _, there := server.MarketplaceWebhook(); there != (test.want != "") {
				t.Errorf("the old webhook is there: %v", there)
			}
			if n := posted.Load(); n != 2 {
				t.Errorf("%d posts, want App Store Connect's pings alone", n)
			}
		})
	}
}

// TestMigrateKilled ends the process at each kind of request that it makes between
// two changes, and at each change before and after it takes effect. Then it runs
// it again, which ends as if nothing had happened.
func TestMigrateKilled(t *testing.T) {
	url := serviceWith(t, "canary-1")
	for name, test := range map[string]struct {
		start   func(*testing.T, string, ...asctest.Option) *asctest.Server
		changes []asctest.Operation
	}{
		"in use": {inUse, []asctest.Operation{asctest.WebhooksUpdate, asctest.WebhooksPing, asctest.MarketplaceWebhooksDelete}},
		"no webhook yet": {func(t *testing.T, _ string, opts ...asctest.Option) *asctest.Server {
			return account(t, append(opts, asctest.MarketplaceWebhook{EndpointURL: "https://marketplace.example/old", Secret: "canary-0"})...)
		}, []asctest.Operation{asctest.WebhooksCreate, asctest.WebhooksPing, asctest.MarketplaceWebhooksDelete}},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"migrate", "--endpoint-url", url, "--finish", "--yes"}
			killed := map[moment]bool{}
			for again := true; again; {
				ctx, kill := context.WithCancel(t.Context())
				k := killer{kill: kill, killed: killed}
				server := test.start(t, url, asctest.Settings{Faults: k.fault})
				run(ctx, &system{stdin: &bytes.Reader{}, stdout: io.Discard, stderr: io.Discard}, args)
				kill()
				if again = k.dead.Load(); again {
					waitForExchanges(server, k.requests) // the last request may still be on its way
					if code, _, stderr := inProcess(t, args...); code != exitOK {
						t.Errorf("killed at %+v, run again: exit code %d, stderr %s", k.now, code, stderr)
					}
				}
				checkMigrated(t, server.State(), url)
			}
			for changes, operation := range test.changes {
				if !killed[moment{operation, changes, false}] || !killed[moment{operation, changes, true}] {
					t.Errorf("not killed at %s: %v", operation, killed)
				}
			}
		})
	}
}

// moment is a request after so many changes, before or after it is applied.
type moment struct {
	operation asctest.Operation
	changes   int
	applied   bool
}

// killer ends a process at a moment at which none was killed before.
type killer struct {
	kill     context.CancelFunc
	killed   map[moment]bool // at which others were killed
	now      moment
	requests int
	dead     atomic.Bool
}

func (k *killer) fault(x asctest.Exchange) *asctest.Fault {
	if k.dead.Load() {
		return nil
	}
	k.requests++
	isChange := x.Method != http.MethodGet
	k.now.operation, k.now.applied = x.Operation, false
	k.now.applied = isChange && k.killed[k.now]
	if !k.killed[k.now] {
		k.killed[k.now] = true
		k.dead.Store(true)
		k.kill()
		return &asctest.Fault{Kind: asctest.FaultResetBeforeHeaders, Applied: k.now.applied}
	}
	if isChange {
		k.now.changes++
	}
	return nil
}

func waitForExchanges(server *asctest.Server, n int) {
	for changes := server.Since(0); len(changes.Exchanges) < n; changes = server.Since(0) {
		<-changes.More
	}
}

// checkMigrated fails t unless one webhook has taken the old one's place.
func checkMigrated(t *testing.T, state asctest.State, url string) {
	t.Helper()
	there := slices.DeleteFunc(state.Webhooks, func(w asctest.Webhook) bool { return w.URL != url })
	if state.MarketplaceWebhook != nil || len(there) != 1 || there[0].Secret != "canary-1" || !there[0].Enabled {
		t.Errorf("the old one is %v, the new ones are %+v", state.MarketplaceWebhook, there)
	}
	for _, eventType := range eventTypes(wrapper.MarketplaceEvents()) {
		if !slices.Contains(there[0].EventTypes, eventType) {
			t.Errorf("%s is missing", eventType)
		}
	}
}

// TestEnsureDryRun: what it shows is what ensure then does.
func TestEnsureDryRun(t *testing.T) {
	const url = "https://h.example/"
	at := func(id, name, url string, events ...string) asctest.Webhook {
		return asctest.Webhook{ID: id, AppID: sample.MarketplaceAppID, Name: name, URL: url, Secret: "canary-0",
			Enabled: true, EventTypes: events}
	}
	ensure := []string{"webhooks", "ensure", "--name", "n", "--endpoint-url", url, "--event", "marketplace"}
	created := "event: .*\nevent: .*\nevent: .*\nstate: +\\+ enabled\nsecret: +unknown -> will be set"
	for name, test := range map[string]struct {
		there []asctest.Webhook
		plan  string
	}{
		"none": {nil, "created\nname: +\\+ n\nURL: +\\+ " + url + "\n" + created},
		"other URL": {[]asctest.Webhook{at("1", "n", "https://other.example/", "BUILD_UPLOAD_STATE_UPDATED")},
			"created\nname: +\\+ n\nURL: +\\+ " + url + "\n" + created},
		"other events and name": {[]asctest.Webhook{at("1", "m", url, "BUILD_UPLOAD_STATE_UPDATED")},
			"updated\nid: +1\nname: +m -> n\n(event: +\\+ .*\n){3}event: +- BUILD_UPLOAD_STATE_UPDATED\nsecret: +unknown -> will be set"},
		"twins": {[]asctest.Webhook{at("1", "n", url, eventTypes(wrapper.MarketplaceEvents())...), at("2", "n", url, "BUILD_UPLOAD_STATE_UPDATED")},
			"updated\nid: +1\nsecret: +unknown -> will be set\ndeleted: +2"},
	} {
		t.Run(name, func(t *testing.T) {
			server := account(t)
			_ = server.Update(func(s *asctest.State) { s.Webhooks = test.there })
			before := server.State()
			code, stdout, stderr := inProcess(t, append(ensure, "--dry-run")...)
			if code != exitOK || !strings.HasPrefix(stderr, "dry run: ") {
				t.Errorf("exit code %d, stderr %s", code, stderr)
			}
			wantMatch(t, stdout, test.plan)
			_, stdout, _ = inProcess(t, append(ensure, "--dry-run", "--output", "json")...)
			if after := server.State(); !reflect.DeepEqual(after, before) {
				t.Errorf("changed %+v", after)
			}
			var planned, did ensurePlanDocument
			if err := json.Unmarshal([]byte(stdout), &planned); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(succeed(t, append(ensure, "--output", "json")...)), &did); err != nil {
				t.Fatal(err)
			}
			if planned.Action != did.Action || planned.ID != "" && planned.ID != did.ID || !slices.Equal(planned.Deleted, did.Deleted) {
				t.Errorf("planned %+v, did %+v", planned, did)
			}
		})
	}
}
