package notification_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

var (
	sentAt     = time.Date(2023, 11, 27, 18, 40, 37, 246e6, time.UTC)
	happenedAt = time.Date(2023, 11, 27, 18, 40, 32, 143e6, time.UTC)
)

const (
	marketplace = "1234567890"
	app         = "9876543210"
	packageA    = "b7c2a2de-93a5-4a1e-8f57-0d8a3f3c6e42"
	packageB    = "d90e5f6c-54c1-4a5f-b2a8-4a3c0e9d7f64"
)

// events returns one of each kind: the three of a marketplaceWebhook as in
// testdata, and those of a webhook.
func events() []notification.Event {
	events := []notification.Event{
		&notification.PackageVersionAvailable{
			MarketplaceAppID: marketplace, AppID: app, PackageID: packageA,
			PackageVersionID:  "0f6de1f5-1d0b-4c3b-8a39-d1a7f1b7e903",
			PackageVersionNum: "3", EventTimestamp: happenedAt,
		},
		&notification.AppVersionsUnavailable{
			MarketplaceAppID: marketplace, AppID: app,
			PackageIDs: []string{packageA, packageB}, EventTimestamp: happenedAt,
		},
		&notification.AppUnavailable{MarketplaceAppID: marketplace, AppID: app, EventTimestamp: happenedAt},
	}
	for _, example := range examples() {
		events = append(events, example.Event)
	}
	return events
}

func TestDecodeFixtures(t *testing.T) {
	bodies, events := fixtures(t), events()
	for _, test := range []struct {
		file, typ, id string
		event         notification.Event
	}{
		{"package_version_available.json", "AlternativeDistributionPackageVersionAvailable",
			"5a8f1c0e-27b4-4d0c-9d43-6f0f4a1f2b11", events[0]},
		{"app_versions_unavailable.json", "AppVersionsUnavailable", "c2d64e0b-9e0c-4b06-a7c5-3f6f7f0f7a22", events[1]},
		{"app_version_unavailable.json", "AppVersionUnavailable", "e1b70c55-9e0c-4b06-a7c5-3f6f7f0f7a22", events[1]},
		{"app_unavailable.json", "AppUnavailable", "71f3b9aa-0c57-4e4e-8b1d-52d0a7c9e033", events[2]},
	} {
		n, err := notification.Decode(bodies[test.file])
		if err != nil {
			t.Fatal(err)
		}
		want := &notification.Notification{
			ID: test.id, Type: test.typ, Version: 1, Timestamp: sentAt, MarketplaceAppID: marketplace, AppID: app,
			Event: test.event, Raw: bodies[test.file],
		}
		if !reflect.DeepEqual(n, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", test.file, n, want)
		}
	}
}

// TestDecodeTolerates changes one thing in a good body: what is understood stays.
func TestDecodeTolerates(t *testing.T) {
	body := string(fixtures(t)["app_unavailable.json"])
	full := &notification.AppUnavailable{MarketplaceAppID: marketplace, AppID: app, EventTimestamp: happenedAt}
	timeless := &notification.AppUnavailable{MarketplaceAppID: marketplace, AppID: app}
	for _, test := range []struct {
		name, old, new string
		sent           time.Time
		event          notification.Event
	}{
		{"a new property", `"version": 1,`, `"version": 1, "links": {"self": []},`, sentAt, full},
		{"a new attribute", `"appId"`, `"region": ["DE"], "appId"`, sentAt, full},
		{"a new type", `"AppUnavailable"`, `"AppAvailable"`, sentAt, nil},
		{"a new version", `"version": 1`, `"version": 2`, sentAt, nil},
		{"no version", `"version": 1,`, ``, sentAt, full},
		{"an app that is a number", `"9876543210"`, `9876543210`, sentAt, nil},
		{"an app that is null", `"9876543210"`, `null`, sentAt, nil},
		{"no app", `"appId"`, `"application"`, sentAt, nil},
		{"no attributes", `"attributes"`, `"properties"`, sentAt, nil},
		{"another type's attribute, of another JSON type", `"appId"`,
			`"alternativeDistributionPackageIds": "all", "appId"`, sentAt, full},
		{"all attributes of other types, of other JSON types", `"appId"`,
			`"available": "no", "territories": {}, "oldState": 1, "newValue": [], "ping": "yes", "appId"`, sentAt, full},
		{"relationships of another JSON type", `"attributes"`, `"relationships": [1], "attributes"`, sentAt, full},
		{"a ping that is true", `"appId"`, `"ping": true, "appId"`, sentAt, full},
		{"another offset", `10:40:37.246-08:00`, `18:40:37.246Z`, sentAt, full},
		{"no fraction", `37.246-08`, `37-08`, sentAt.Truncate(time.Second), full},
		{"a garbled timestamp", `2023-11-27T10`, `2023-11-27 at 10`, time.Time{}, full},
		{"a timestamp that is a number", `"2023-11-27T10:40:37.246-08:00"`, `1701110437`, time.Time{}, full},
		{"a timestamp that is an object", `"2023-11-27T10:40:37.246-08:00"`, `{"seconds": 1}`, time.Time{}, full},
		{"a year before all others in UTC", `2023-11-27T10:40:37.246-08:00`, `0000-01-01T00:00:00+01:00`, time.Time{}, full},
		{"a year after all others in UTC", `2023-11-27T10:40:37.246-08:00`, `9999-12-31T23:59:59-01:00`, time.Time{}, full},
		{"a garbled event timestamp", `18:40:32`, `18:40:62`, sentAt, timeless},
		{"no event timestamp", `"eventTimestamp"`, `"at"`, sentAt, timeless},
	} {
		changed := strings.Replace(body, test.old, test.new, 1)
		if changed == body {
			t.Fatalf("%s: nothing changed", test.name)
		}
		n, err := notification.Decode([]byte(changed))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if n.ID != "71f3b9aa-0c57-4e4e-8b1d-52d0a7c9e033" || !strings.Contains(changed, `"`+n.Type+`"`) {
			t.Errorf("%s: lost its id or type: %+v", test.name, n)
		}
		if string(n.Raw) != changed {
			t.Errorf("%s: lost its bytes: %q", test.name, n.Raw)
		}
		if !n.Timestamp.Equal(test.sent) || !reflect.DeepEqual(n.Event, test.event) {
			t.Errorf("%s: got %v %+v, want %v %+v", test.name, n.Timestamp, n.Event, test.sent, test.event)
		}
	}
}

// TestDecodeWantsEveryID takes one property away: an event without one of its
// IDs, its new state, or what became of a territory is not acted on.
func TestDecodeWantsEveryID(t *testing.T) {
	optional := []string{"eventTimestamp", "timestamp", "oldValue", "oldState", "oldExternalBuildState"}
	for name, body := range fixtures(t) {
		for property := range properties(t, body) {
			changed := bytes.Replace(body, []byte(`"`+property+`":`), []byte(`"renamed":`), 1)
			n, err := notification.Decode(changed)
			if err != nil {
				t.Fatal(err)
			}
			if known := slices.Contains(optional, property); (n.Event != nil) != known {
				t.Errorf("%s without %s: event %v", name, property, n.Event)
			}
		}
	}
}

// properties returns the attributes and relationships of a body.
func properties(t *testing.T, body []byte) map[string]any {
	t.Helper()
	var parsed struct {
		Data struct{ Attributes, Relationships map[string]any }
	}
	if err := json.Unmarshal(body, &parsed); err != nil {
		t.Fatal(err)
	}
	all := parsed.Data.Attributes
	maps.Copy(all, parsed.Data.Relationships)
	return all
}

// TestDecodeNames: as encoding/json matches them, which Decode documents.
func TestDecodeNames(t *testing.T) {
	n, err := notification.Decode([]byte(`{"DATA":{"type":"AppMoved","id":"1"},"data":{"ID":"2"}}`))
	if err != nil || n.Type != "AppMoved" || n.ID != "2" {
		t.Errorf("got %+v, %v", n, err)
	}
}

func TestDecodeMalformed(t *testing.T) {
	for _, body := range []string{
		"", " ", "null", "[]", "{}", "hello", `"data"`, `{"data":null}`, `{"data":[]}`, "\xef\xbb\xbf{}",
		`{"data":{"type":"AppUnavailable"}}`,
		`{"data":{"type":"AppUnavailable","id":""}}`,
		`{"data":{"type":"AppUnavailable","id":7}}`,
		`{"data":{"id":"canary"}}`,
		`{"data":{"id":"canary","type":null}}`,
		`{"data":{"type":"AppUnavailable","id":"canary"}} trailing`,
		`{"data":{"type":"AppUnavailable","id":"canary"}}{}`,
		`{"data":{"type":"AppUnavailable","id":"canary"}`,
		strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000),
	} {
		n, err := notification.Decode([]byte(body))
		if n != nil || !errors.Is(err, notification.ErrMalformed) {
			t.Errorf("%.50q: got %+v, %v", body, n, err)
		} else if strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "hello") {
			t.Errorf("the error quotes the body: %v", err)
		}
	}
}

// TestDecodeHalfUnderstood: an event of which one ID was not a string is not acted on.
func TestDecodeHalfUnderstood(t *testing.T) {
	for _, id := range []string{"7", "null", `""`} {
		body := bytes.Replace(fixtures(t)["app_versions_unavailable.json"], []byte(`"`+packageA+`"`), []byte(id), 1)
		n, err := notification.Decode(body)
		if err != nil || n.Event != nil || n.Type != "AppVersionsUnavailable" || !bytes.Equal(n.Raw, body) {
			t.Errorf("%s for an ID: got %+v, %v", id, n, err)
		}
	}
}

func TestRawIsACopy(t *testing.T) {
	body := bytes.Clone(fixtures(t)["app_unavailable.json"])
	want := bytes.Clone(body)
	n, err := notification.Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	clear(body)
	if !bytes.Equal(n.Raw, want) {
		t.Error("Raw changed with the caller's buffer")
	}
}
