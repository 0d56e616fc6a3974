package main

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
)

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
		"wrong secret":     {other, nil, "responded 401 Unauthorized to a ping that is signed with this secret: it must know the secret first"},
		"mistyped path":    {knows + "typo", nil, "responded 404 Not Found to a signed ping, instead of 2xx: check --endpoint-url"},
		"mistyped host":    {"http://127.0.0.1:1/", nil, "cannot be reached from here"},
		"redirect":         {status(http.StatusFound), nil, "responded 302 Found to a signed ping"},
		"credulous":        {status(http.StatusOK), nil, "responded 200 OK to a forged ping"},
		"no event yet":     {knows, []string{"--finish"}, "--finish would delete the old webhook before any event"},
		"finish, mistyped": {knows + "typo", []string{"--finish", "--yes"}, "check --endpoint-url"},
	} {
		t.Run(name, func(t *testing.T) { refusesToMigrate(t, inUse(t, test.url), test.url, test.want, test.args...) })
	}
}

// refusesToMigrate fails t unless nothing is changed, with --dry-run or without.
func refusesToMigrate(t *testing.T, server *asctest.Server, url, want string, args ...string) {
	t.Helper()
	before := server.State()
	for _, args := range [][]string{args, append(slices.Clip(args), "--dry-run")} {
		code, _, stderr := migrate(t, url, args...)
		if code != exitFailed || !strings.Contains(stderr, want) ||
			!strings.HasSuffix(stderr, "; nothing was changed\n") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q: exit code %d, stderr %s", args, code, stderr)
		}
		if after := server.State(); !reflect.DeepEqual(after, before) {
			t.Errorf("%q changed it to %+v", args, after)
		}
		if posted := server.Deliveries(""); len(posted) > 0 {
			t.Errorf("%q: App Store Connect posted %+v", args, posted)
		}
	}
}

// TestMigrateRefusesACrowd names the webhooks that are in the way.
func TestMigrateRefusesACrowd(t *testing.T) {
	url := serviceWith(t, "canary-1")
	for _, test := range crowds(url) {
		t.Run(test.name, func(t *testing.T) {
			server := inUse(t, url)
			_ = server.Update(func(s *asctest.State) { s.Webhooks = test.there })
			refusesToMigrate(t, server, url, test.want)
			refusesToMigrate(t, server, url, test.want, "--finish", "--yes")
		})
	}
	t.Run("twins", func(t *testing.T) { // one of which ensure would delete
		server := inUse(t, url)
		_ = server.Update(func(s *asctest.State) {
			s.Webhooks[0].Name, s.Webhooks[1].Name = "marketplace notifications", "marketplace notifications"
			s.Webhooks[1].URL = url
		})
		refusesToMigrate(t, server, url, "so events would arrive more than once: all, other; delete all but one")
	})
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
