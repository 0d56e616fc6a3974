package notification_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

// edited returns a fixture in which one thing is replaced.
func edited(t *testing.T, file, from, to string) []byte {
	t.Helper()
	body := string(fixtures(t)[file])
	changed := strings.Replace(body, from, to, 1)
	if changed == body {
		t.Fatalf("%s: nothing changed", file)
	}
	return []byte(changed)
}

// TestOwnFieldsOfAnotherJSONType: what an event requires has to be readable; what
// it can do without is absent then.
func TestOwnFieldsOfAnotherJSONType(t *testing.T) {
	const (
		packages = "alternativeDistributionPackageAvailableUpdated.json"
		state    = "backgroundAssetVersionStateUpdated.json"
	)
	for _, test := range []struct {
		name, file, old, new string
		complete             bool
	}{
		{"available, a number", packages, `"available": true`, `"available": 1`, false},
		{"available is good, another event's field is not", packages, `"appId"`, `"oldState": 1, "appId"`, true},
		{"version null, another event's field is not good", packages, "1,\n    \"attributes\": {",
			`null, "attributes": {"oldState": 1, `, true},
		{"territories, a string", packages, `"territories": [`, `"territories": "DEU", "regions": [`, false},
		{"the new state, a number", state, `"FAILED"`, `4`, false},
		{"the old state, a number", state, `"PROCESSING"`, `3`, true},
		{"the timestamp, a number", state, `"2025-12-05T14:30:45Z"`, `1764945045`, true},
		{"a ping's timestamp, a number", "webhookPingCreated.json", `"2025-06-09T10:09:30.123456789Z"`, `1749463770`, true},
	} {
		n, err := notification.Decode(edited(t, test.file, test.old, test.new))
		if err != nil || (n.Event != nil) != test.complete {
			t.Errorf("%s: got %+v, %v", test.name, n.Event, err)
		}
	}
}

// TestVersionOfAnotherJSONType: Version tells what was read.
func TestVersionOfAnotherJSONType(t *testing.T) {
	for written, want := range map[string]int{
		`1.0`: 1, `"1"`: 1, `"1.0"`: 1, `10e-1`: 1, `2.0`: 2, `"2"`: 2, `null`: 0,
		`1.5`: -1, `"latest"`: -1, `{}`: -1, `[1]`: -1, `true`: -1, `1e400`: -1, `99999999999999999999`: -1,
	} {
		n, err := notification.Decode(edited(t, "app_unavailable.json", `"version": 1`, `"version": `+written))
		known := want == 0 || want == 1
		if err != nil || n.Version != want || (n.Event != nil) != known {
			t.Errorf("version %s: got %d, event %v, %v; want %d", written, n.Version, n.Event, err, want)
		}
	}
}

// TestWhichOfTwoWins: a fact that a body states twice.
func TestWhichOfTwoWins(t *testing.T) {
	decode := func(file, from, to string) *notification.Notification {
		t.Helper()
		n, err := notification.Decode(edited(t, file, from, to))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	const states = `"oldExternalBuildState": "C", "oldState": "B", `
	n := decode("appStoreVersionAppVersionStateUpdated.json", `"oldValue"`, states+`"oldValue"`)
	if e, ok := n.Event.(*notification.AppStoreVersionAppVersionStateUpdated); !ok || e.Old != "PREPARE_FOR_SUBMISSION" {
		t.Errorf("old value: got %+v", n.Event)
	}
	n = decode("buildUploadStateUpdated.json", `"newState"`, states+`"newState"`)
	if e, ok := n.Event.(*notification.BuildUploadStateUpdated); !ok || e.Old != "B" {
		t.Errorf("old state: got %+v", n.Event)
	}
	n = decode("webhookPingCreated.json", `"version"`, `"timestamp": "2024-01-01T00:00:00Z", "version"`)
	if want := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); !n.Timestamp.Equal(want) {
		t.Errorf("timestamp: got %v, want that of the notification", n.Timestamp)
	}
	n = decode("alternativeDistributionPackageAvailableUpdated.json", `"appId"`, `"marketplaceAppId": "1", "appId"`)
	if n.MarketplaceAppID != "1" {
		t.Errorf("marketplace: got %s, want the attribute's", n.MarketplaceAppID)
	}
	n = decode("buildUploadStateUpdated.json", `"data": {
          "type"`, `"id": "flat", "data": {
          "type"`)
	if e, ok := n.Event.(*notification.BuildUploadStateUpdated); !ok ||
		e.InstanceID != "ad7e6298-2570-4ca6-b3cc-f81788e40bdc" {
		t.Errorf("relationship: got %+v, want the ID in data", n.Event)
	}
}
