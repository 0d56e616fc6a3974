package notification_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

// territories are those of Apple's examples.
func territories() []string {
	return strings.Fields("DNK IRL NLD SVK SVN LTU HRV PRT MLT CYP AUT SWE HUN ESP EST BEL FIN POL BGR LUX CZE FRA " +
		"DEU LVA ITA GRC ROU")
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return t
}

// examples returns what the fixtures of webhooks, which are Apple's published
// examples and a ping, have to be understood as. Each has the name of its type.
func examples() []notification.Notification {
	const instance = "ad7e6298-2570-4ca6-b3cc-f81788e40bdc"
	spring, winter := at("2025-04-16T05:00:52.745Z"), at("2025-12-05T14:30:45Z")
	return []notification.Notification{
		{
			Type: "alternativeDistributionPackageVersionCreated", ID: "419ee583-c17e-4b24-84e1-738c24eb47a4",
			Version: 1, Timestamp: at("2025-07-10T22:35:02.541411Z"), MarketplaceAppID: "10738627177", AppID: "10795428705",
			Event: &notification.AlternativeDistributionPackageVersionCreated{
				MarketplaceAppID: "10738627177", AppID: "10795428705",
				PackageVersionID: "8d50a4f6-7653-4ccc-b9e2-b0133eb9b0d3", Timestamp: at("2025-07-10T22:35:02.541411Z"),
			},
		},
		{
			Type: "alternativeDistributionPackageAvailableUpdated", ID: "da44e419-437b-4dbe-894c-2da570ffc4d1",
			Version: 1, Timestamp: at("2025-07-11T17:47:14.498347Z"), MarketplaceAppID: "10738627177", AppID: "10795428705",
			Event: &notification.AlternativeDistributionPackageAvailableUpdated{
				MarketplaceAppID: "10738627177", AppID: "10795428705", PackageID: "2d2c0995-dc9b-455a-bbd8-316c0a1e893f",
				Available: true, Territories: territories(), Timestamp: at("2025-07-11T17:47:14.498347Z"),
			},
		},
		{
			Type: "alternativeDistributionTerritoryAvailabilityUpdated", ID: "33e75449-3196-4bf7-9e69-ca12c3e4f56f",
			Version: 1, Timestamp: at("2025-07-17T14:55:16.125331Z"), MarketplaceAppID: "10737747186", AppID: "10795421620",
			Event: &notification.AlternativeDistributionTerritoryAvailabilityUpdated{
				MarketplaceAppID: "10737747186", AppID: "10795421620",
				Available: true, Territories: territories(), Timestamp: at("2025-07-17T14:55:16.125331Z"),
			},
		},
		{
			Type: "appStoreVersionAppVersionStateUpdated", ID: "7c813492-9516-4c79-903e-224effdd57ac", Version: 1,
			Timestamp: spring,
			Event: &notification.AppStoreVersionAppVersionStateUpdated{StateChange: notification.StateChange{
				InstanceID: instance, Old: "PREPARE_FOR_SUBMISSION", New: "READY_FOR_REVIEW", Timestamp: spring,
			}},
		},
		{
			Type: "buildUploadStateUpdated", ID: "0d3c2f7a-9516-4c79-903e-224effdd57ac", Version: 1,
			Event: &notification.BuildUploadStateUpdated{StateChange: notification.StateChange{
				InstanceID: instance, New: "COMPLETE",
			}},
		},
		{
			Type: "buildBetaDetailExternalBuildStateUpdated", ID: "4a9eacca-e53f-4006-85db-aa18c515663a", Version: 1,
			Timestamp: spring,
			Event: &notification.BuildBetaDetailExternalBuildStateUpdated{StateChange: notification.StateChange{
				InstanceID: instance, Old: "IN_BETA_REVIEW", New: "BETA_APPROVED", Timestamp: spring,
			}},
		},
		{
			Type: "betaFeedbackCrashSubmissionCreated", ID: "a4319bc8-ed16-460b-8de6-ba9734b55631",
			Version: 1, Timestamp: at("2025-05-16T20:53:20.729Z"),
			Event: &notification.BetaFeedbackCrashSubmissionCreated{Creation: notification.Creation{
				InstanceID: "AK7UjG-qL5QxXf3gIOGjbpQ", Timestamp: at("2025-05-16T20:53:20.729Z"),
			}},
		},
		{
			Type: "betaFeedbackScreenshotSubmissionCreated", ID: "9b1e6d52-e53f-4006-85db-aa18c515663a",
			Version: 1, Timestamp: at("2025-05-08T01:29:36.16Z"),
			Event: &notification.BetaFeedbackScreenshotSubmissionCreated{Creation: notification.Creation{
				InstanceID: "AD8JvKbr0BK0Cj9OnM6WO6I", Timestamp: at("2025-05-08T01:29:36.16Z"),
			}},
		},
		{
			Type: "backgroundAssetVersionStateUpdated", ID: "4734e219-9977-470c-824a-59053380b7cd",
			Timestamp: winter,
			Event: &notification.BackgroundAssetVersionStateUpdated{StateChange: notification.StateChange{
				InstanceID: "7012050b-e2a4-4a2c-bb98-f2b30cfdfaaf", Old: "PROCESSING", New: "FAILED",
				Timestamp: winter,
			}},
		},
		{
			Type: "backgroundAssetVersionInternalBetaReleaseCreated", ID: "e877854d-27a3-4b97-84aa-040d0fa543ff",
			Timestamp: winter,
			Event: &notification.BackgroundAssetVersionInternalBetaReleaseCreated{Creation: notification.Creation{
				InstanceID: "eee09d96-b9c2-4038-a179-4093187fc1f5", Timestamp: winter,
			}},
		},
		{
			Type: "backgroundAssetVersionExternalBetaReleaseStateUpdated", ID: "787bde23-cb91-4ebf-a70c-2c809dae7020",
			Timestamp: winter,
			Event: &notification.BackgroundAssetVersionExternalBetaReleaseStateUpdated{StateChange: notification.StateChange{
				InstanceID: "83c5efef-4c73-454f-8c3e-8537b7491fbe",
				Old:        "PROCESSING_FOR_TESTING", New: "READY_FOR_TESTING", Timestamp: winter,
			}},
		},
		{
			Type: "backgroundAssetVersionAppStoreReleaseStateUpdated", ID: "d7499adf-2c03-4e20-b4b5-5e5741f511b2",
			Timestamp: winter,
			Event: &notification.BackgroundAssetVersionAppStoreReleaseStateUpdated{StateChange: notification.StateChange{
				InstanceID: "ca76cfb1-befc-4071-8012-189e5b8d6ef1",
				Old:        "PROCESSING_FOR_DISTRIBUTION", New: "READY_FOR_DISTRIBUTION", Timestamp: winter,
			}},
		},
		{
			Type: "webhookPingCreated", ID: "01234567-abcd-8901-dcba-987654321012",
			Version: 1, Timestamp: at("2025-06-09T10:09:30.123456789Z"),
			Event: &notification.WebhookPingCreated{Timestamp: at("2025-06-09T10:09:30.123456789Z")},
		},
	}
}

func TestDecodeWebhookEvents(t *testing.T) {
	bodies := fixtures(t)
	for _, want := range examples() {
		want.Raw = bodies[want.Type+".json"]
		got, err := notification.Decode(want.Raw)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(*got, want) {
			t.Errorf("%s:\n got %+v %+v\nwant %+v %+v", want.Type, got, got.Event, want, want.Event)
		}
	}
}

func withoutLinks(t *testing.T, body []byte) map[string]any {
	t.Helper()
	var value map[string]any
	if err := json.Unmarshal(body, &value); err != nil {
		t.Fatal(err)
	}
	var clean func(map[string]any)
	clean = func(object map[string]any) {
		delete(object, "links")
		for _, member := range object {
			if member, ok := member.(map[string]any); ok {
				clean(member)
			}
		}
	}
	clean(value)
	return value
}

func TestEncodeLinks(t *testing.T) {
	for _, event := range []notification.Event{
		&notification.BuildUploadStateUpdated{StateChange: notification.StateChange{InstanceID: "a/b", New: "COMPLETE"}},
		&notification.BackgroundAssetVersionStateUpdated{StateChange: notification.StateChange{
			InstanceID: "a/b", New: "COMPLETE",
		}},
	} {
		body, err := json.Marshal(notification.New(event))
		if want := `/a%2Fb"}`; err != nil || !strings.Contains(string(body), want) {
			t.Errorf("got %s, %v, want a link that ends in %s", body, err, want)
		}
	}
}

// TestInstanceInBothSpellings moves the instance into data, or out of it.
func TestInstanceInBothSpellings(t *testing.T) {
	for _, want := range examples() {
		var body map[string]any
		if err := json.Unmarshal(fixtures(t)[want.Type+".json"], &body); err != nil {
			t.Fatal(err)
		}
		relationships, _ := body["data"].(map[string]any)["relationships"].(map[string]any)
		for name, value := range relationships {
			relationship := value.(map[string]any)
			if nested, ok := relationship["data"]; ok {
				relationships[name] = nested
			} else {
				relationships[name] = map[string]any{"data": value}
			}
		}
		changed, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		got, err := notification.Decode(changed)
		if err != nil || !reflect.DeepEqual(got.Event, want.Event) || got.MarketplaceAppID != want.MarketplaceAppID {
			t.Errorf("%s: got %+v, %v", changed, got.Event, err)
		}
	}
}

// TestStateInAllSpellings: each event understands each of Apple's names.
func TestStateInAllSpellings(t *testing.T) {
	spellings := [][2]string{
		{"oldValue", "newValue"}, {"oldState", "newState"}, {"oldExternalBuildState", "newExternalBuildState"},
	}
	for _, want := range examples() {
		for _, from := range spellings {
			body := string(fixtures(t)[want.Type+".json"])
			if !strings.Contains(body, `"`+from[1]+`"`) {
				continue
			}
			for _, to := range spellings {
				quote := strconv.Quote
				rename := strings.NewReplacer(quote(from[0]), quote(to[0]), quote(from[1]), quote(to[1]))
				changed := rename.Replace(body)
				got, err := notification.Decode([]byte(changed))
				if err != nil || !reflect.DeepEqual(got.Event, want.Event) {
					t.Errorf("%s as %s: got %+v, %v", want.Type, to[1], got.Event, err)
				}
			}
		}
	}
}

func TestWebhookTimestamps(t *testing.T) {
	const whole = "2025-12-05T14:30:45"
	for text, want := range map[string]time.Time{
		`"` + whole + `Z"`:                at(whole + "Z"),
		`"` + whole + `.1Z"`:              at(whole + ".1Z"),
		`"` + whole + `.16Z"`:             at(whole + ".16Z"),
		`"` + whole + `.745Z"`:            at(whole + ".745Z"),
		`"` + whole + `.541411Z"`:         at(whole + ".541411Z"),
		`"` + whole + `.123456789Z"`:      at(whole + ".123456789Z"),
		`"` + whole + `-08:00"`:           at("2025-12-05T22:30:45Z"),
		`"` + whole + `.123456789+01:00"`: at("2025-12-05T13:30:45.123456789Z"),
		`"` + whole + `.5-00:00"`:         at(whole + ".5Z"),
		`"yesterday"`:                     {},
		`7`:                               {},
		`null`:                            {},
	} {
		const form = `{"data":{"type":"webhookPingCreated","id":"1","attributes":{"timestamp":%s}}}`
		n, err := notification.Decode(fmt.Appendf(nil, form, text))
		ping := &notification.WebhookPingCreated{Timestamp: want}
		if err != nil || n.Timestamp != want || !reflect.DeepEqual(n.Event, ping) {
			t.Errorf("%s: got %v, event %+v, %v", text, n.Timestamp, n.Event, err)
		}
	}
}

// TestPings: the three forms in which one may come, and what is none. The
// attribute matters only where the type is unknown.
func TestPings(t *testing.T) {
	for _, test := range []struct {
		body string
		ping bool
	}{
		{`{"data":{"type":"webhookPingCreated","id":"1","version":1,"attributes":{}}}`, true},
		{`{"data":{"type":"webhookPingCreated","id":"1"}}`, true},
		{`{"data":{"type":"webhookPings","id":"1"}}`, true},
		{`{"data":{"type":"somethingNew","id":"1","attributes":{"ping":true}}}`, true},
		{`{"data":{"type":"buildUploadStateUpdated","id":"1","attributes":{"ping":true}}}`, false},
		{`{"data":{"type":"somethingNew","id":"1","attributes":{"ping":false}}}`, false},
		{`{"data":{"type":"somethingNew","id":"1","attributes":{"ping":"true"}}}`, false},
		{`{"data":{"type":"webhookPingCreated","id":"1","version":2}}`, false},
	} {
		n, err := notification.Decode([]byte(test.body))
		if err != nil {
			t.Fatal(err)
		}
		if _, ping := n.Event.(*notification.WebhookPingCreated); ping != test.ping {
			t.Errorf("%s: got %+v", test.body, n.Event)
		}
		if !test.ping {
			continue
		}
		n.Raw = nil
		if got := roundTrip(t, n); !reflect.DeepEqual(got.Event, n.Event) || got.Type != n.Type {
			t.Errorf("%s: sent again it is %+v %+v", test.body, got, got.Event)
		}
	}
}

// TestDecodeToleratesInWebhooks changes one thing in a good body.
func TestDecodeToleratesInWebhooks(t *testing.T) {
	const typ = "alternativeDistributionPackageAvailableUpdated"
	body := string(fixtures(t)[typ+".json"])
	for _, test := range []struct {
		name, old, new string
		known          bool
	}{
		{"no version", `"version": 1,`, ``, true},
		{"a new version", `"version": 1`, `"version": 2`, false},
		{"a version that is a string", `"version": 1`, `"version": "1"`, true},
		{"a negative version", `"version": 1`, `"version": -1`, false},
		{"a new attribute", `"available"`, `"reason": {"code": 7}, "available"`, true},
		{"links of another form", `"links": {`, `"links": [7], "other": {`, true},
		{"no territory", `"DNK"`, `""`, false},
		{"a territory that is a number", `"DNK"`, `1`, false},
		{"available that is a string", `"available": true`, `"available": "true"`, false},
		{"available that is null", `"available": true`, `"available": null`, false},
		{"a new type", typ, typ + "2", false},
		{"another case of the type", typ, strings.ToUpper(typ[:1]) + typ[1:], false},
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
		if (n.Event != nil) != test.known || string(n.Raw) != changed {
			t.Errorf("%s: got %+v", test.name, n)
		}
		if n.AppID != "10795428705" || n.MarketplaceAppID != "10738627177" {
			t.Errorf("%s: app %q, marketplace %q", test.name, n.AppID, n.MarketplaceAppID)
		}
	}
}
