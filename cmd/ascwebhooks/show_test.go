package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// failedUpload has two errors and a build.
func failedUpload() []asctest.Option {
	return []asctest.Option{
		asctest.Resource{Type: "builds", ID: "build-1", Attributes: map[string]any{"version": "12"}},
		asctest.Resource{
			Type: "buildUploads", ID: "upload-1", Attributes: map[string]any{
				"cfBundleShortVersionString": "1.2", "platform": "IOS",
				"state": map[string]any{"state": "FAILED", "errors": []any{
					map[string]any{"code": "90001", "description": "No icon"}, map[string]any{"code": "90002", "description": "No <sound>"},
				}},
			}, Relationships: map[string][]string{"build": {"build-1"}},
		},
	}
}

// TestShow: what there is has a line each, named as in JSON.
func TestShow(t *testing.T) {
	account(t, failedUpload()...)
	wantMatch(t, succeed(t, "show", "buildUploads", "upload-1"),
		`id: +upload-1`, `cf_bundle_short_version_string: 1\.2`, `platform: +IOS`, `state: +FAILED`,
		`errors\[0\]\.code: 90001`, `errors\[0\]\.description: No icon`, `errors\[1\]\.code: 90002`,
		`errors\[1\]\.description: No <sound>`, `build\.id: +build-1`, `build\.version: 12`)
	const want = `{"build":{"id":"build-1","version":"12"},"cf_bundle_short_version_string":"1.2",` +
		`"errors":[{"code":"90001","description":"No icon"},{"code":"90002","description":"No <sound>"}],` +
		`"id":"upload-1","platform":"IOS","state":"FAILED"}` + "\n"
	if got := succeed(t, "show", "buildUploads", "upload-1", "--output", "json"); got != want {
		t.Errorf("got %s want %s", got, want)
	}
}

// TestShowPersonalData: neither the tester nor an access key is printed.
func TestShowPersonalData(t *testing.T) {
	account(t, asctest.Resource{Type: "betaFeedbackScreenshotSubmissions", ID: "s-1", Attributes: map[string]any{
		"createdDate": "2026-11-28T10:00:00+01:00", "comment": "Looks odd", "email": "canary@example.com",
		"screenshots": []any{map[string]any{"url": "https://files.example/1.png?key=canary", "width": 10, "height": 20}},
	}})
	text := succeed(t, "show", "betaFeedbackScreenshotSubmissions", "s-1") // succeed refuses a canary
	wantMatch(t, text, `id: +s-1`, `created_date: 2026-11-28T\S+`, `comment: +Looks odd`, `email: +\[redacted\]`,
		`screenshots\[0\]\.url: https://files\.example/1\.png\?\[redacted\]`, `screenshots\[0\]\.width: 10`,
		`screenshots\[0\]\.height: 20`)
	var document struct{ Email string }
	body := succeed(t, "show", "betaFeedbackScreenshotSubmissions", "s-1", "--output", "json")
	if err := json.Unmarshal([]byte(body), &document); err != nil || document.Email != "[redacted]" {
		t.Errorf("got %s, %v", body, err)
	}
}

// TestShowCrashLog: by the ID of the crash submission, line by line, and nothing in it moves the cursor.
func TestShowCrashLog(t *testing.T) {
	account(t,
		asctest.Resource{Type: "betaFeedbackCrashSubmissions", ID: "crash-1", Relationships: map[string][]string{"crashLog": {"log-1"}}},
		asctest.Resource{Type: "betaFeedbackCrashSubmissions", ID: "crash-2"},
		asctest.Resource{Type: "betaCrashLogs", ID: "log-1", Attributes: map[string]any{"logText": "Thread 0:\r\n\n  0 \x1b[2J<main>"}})
	if got, want := succeed(t, "show", "betaCrashLogs", "crash-1"), "Thread 0:\n\n  0  [2J<main>\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	const want = `"Thread 0:\r\n\n  0 \u001b[2J<main>"` + "\n"
	if got := succeed(t, "show", "betaCrashLogs", "crash-1", "--output", "json"); got != want {
		t.Errorf("got %s want %s", got, want)
	}
	code, stdout, stderr := inProcess(t, "show", "betaCrashLogs", "crash-2")
	if code != exitFailed || stdout != "" || !strings.Contains(stderr, "404") {
		t.Errorf("without a log: exit code %d, %q, %q", code, stdout, stderr)
	}
}

// TestShowEverySubject: each type of an event's instance is one that show takes.
func TestShowEverySubject(t *testing.T) {
	known := reads(new(wrapper.Client))
	for _, n := range notification.Examples() {
		body, err := json.Marshal(n)
		var d struct {
			Data struct {
				Relationships struct {
					Instance struct{ Data struct{ Type string } }
				}
			}
		}
		if err != nil || json.Unmarshal(body, &d) != nil {
			t.Fatal(err)
		}
		if typ := d.Data.Relationships.Instance.Data.Type; typ != "" && known[typ] == nil {
			t.Errorf("%s is about a %s", n.Type, typ)
		}
	}
	server := account(t)
	for typ := range known {
		code, stdout, stderr := inProcess(t, "show", typ, "0")
		if code != exitFailed || stdout != "" || !strings.Contains(stderr, "no") {
			t.Errorf("%s: exit code %d, %q, %q", typ, code, stdout, stderr)
		}
	}
	paths := map[string]bool{}
	for _, exchange := range server.Exchanges() {
		paths[exchange.Path] = true
		if typ := strings.Split(exchange.Path, "/")[2]; known[typ] == nil {
			t.Errorf("asked %s", exchange.Path)
		}
	}
	if len(paths) != len(known) {
		t.Errorf("%d types are read from %v", len(known), paths)
	}
}

// TestShowRefuses: nothing is sent.
func TestShowRefuses(t *testing.T) {
	server := account(t)
	for args, want := range map[string]string{
		"show buildUpload id-1":        "the type must be one of alternativeDistributionPackageVersions, ",
		"show buildUploads ../builds":  "id has characters no such ID contains",
		"show apps com.example.app":    "app id must be digits only",
		"show buildUploads":            "show takes two arguments, TYPE ID, and got 1",
		"show buildUploads id-1 build": "show takes two arguments, TYPE ID, and got 3",
		"show":                         "the argument TYPE is missing: write 'ascwebhooks show TYPE ID'",
	} {
		code, stdout, stderr := inProcess(t, strings.Fields(args)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit code %d, %q, %q", args, code, stdout, stderr)
		}
	}
	if sent := server.Exchanges(); len(sent) > 0 {
		t.Errorf("sent %v", sent)
	}
}

// TestBundleID: an app's bundle ID stands for its ID.
func TestBundleID(t *testing.T) {
	server := account(t, asctest.Resource{
		Type: "apps", ID: sample.AppID, Attributes: map[string]any{"name": "Example", "bundleId": "com.example.app"},
	})
	create := "webhooks create --name n --endpoint-url https://h.example/ --event all --bundle-id com.example.app"
	wantMatch(t, succeed(t, strings.Fields(create)...), `id: .+`, `app: +`+sample.AppID, `(?s:.*)`)
	ensured := succeed(t, strings.Fields(strings.Replace(create, "create", "ensure", 1))...)
	if !strings.HasPrefix(ensured, "unchanged\n") && !strings.HasPrefix(ensured, "updated\n") {
		t.Errorf("ensured: %s", ensured)
	}
	if listed := succeed(t, "webhooks", "list", "--bundle-id", "com.example.app"); strings.Count(listed, "\n") != 1 {
		t.Errorf("listed: %s", listed)
	}
	if listed := succeed(t, "webhooks", "list"); listed != "" { // of ASC_APP_ID
		t.Errorf("listed: %s", listed)
	}
	_, found, _ := inProcess(t, "doctor", "--bundle-id", "com.example.app")
	if !strings.Contains(found, "app "+sample.AppID) && !strings.Contains(found, sample.AppID) {
		t.Errorf("doctor: %s", found)
	}
	sent := len(server.Exchanges())
	for args, want := range map[string]string{
		"webhooks list --app 1 --bundle-id com.example.app":          "both name an app",
		"webhooks list --bundle-id com.example.app,com.example.more": "bundle ID must be one",
		"doctor --app 1 --bundle-id com.example.app":                 "both name an app",
	} {
		if code, _, stderr := inProcess(t, strings.Fields(args)...); code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit code %d, %q", args, code, stderr)
		}
	}
	if len(server.Exchanges()) > sent {
		t.Error("something was sent that should have been refused")
	}
	for _, args := range []string{
		"webhooks list --bundle-id com.example.unknown", "doctor --check deliveries --bundle-id com.example.unknown",
	} {
		code, stdout, stderr := inProcess(t, strings.Fields(args)...)
		if code != exitFailed || stdout != "" || !strings.HasSuffix(stderr, "no app with this bundle ID\n") {
			t.Errorf("%s: exit code %d, %q, %q", args, code, stdout, stderr)
		}
	}
	code, stdout, _ := inProcess(t, "doctor", "--bundle-id", "com.example.unknown")
	if code != exitFailed || !strings.Contains(stdout, "no app was given") {
		t.Errorf("doctor: exit code %d, %q", code, stdout)
	}
}
