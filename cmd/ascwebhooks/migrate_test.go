package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
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
		if len(there) != step.webhooks || step.webhooks > 0 && got.ID != there[0].ID || step.webhooks == 0 && got.ID != "" {
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

// TestMigrateFinishedByAnother process, which deletes the old webhook first.
func TestMigrateFinishedByAnother(t *testing.T) {
	url := serviceWith(t, "canary-1")
	var server *asctest.Server
	server = inUse(t, url, asctest.Settings{Faults: func(x asctest.Exchange) *asctest.Fault {
		if x.Operation == asctest.MarketplaceWebhooksDelete {
			_ = server.Update(func(s *asctest.State) { s.MarketplaceWebhook = nil })
		}
		return nil
	}})
	code, got, stderr := migrate(t, url, "--finish", "--yes")
	if code != exitOK || !got.OldDeleted || got.OldID != "old" || got.OldURL != "https://marketplace.example/old" {
		t.Errorf("exit code %d, got %+v, stderr %s", code, got, stderr)
	}
}
