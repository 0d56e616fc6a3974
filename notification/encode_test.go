package notification_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

// roundTrip returns what a receiver makes of n.
func roundTrip(t *testing.T, n *notification.Notification) *notification.Notification {
	t.Helper()
	body, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	got, err := notification.Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestNewArrivesAsSent(t *testing.T) {
	for _, event := range events() {
		sent := notification.New(event)
		got := roundTrip(t, sent)
		got.Raw = nil
		if !reflect.DeepEqual(got, sent) {
			t.Errorf("sent %+v, got %+v", sent, got)
		}
		if other := notification.New(event); other.ID == sent.ID {
			t.Error("two notifications have one ID")
		}
	}
}

func TestNewFillsTheEventsTime(t *testing.T) {
	sent := notification.New(&notification.AppUnavailable{MarketplaceAppID: marketplace, AppID: app})
	if since := time.Since(sent.Timestamp); since < 0 || since > time.Minute {
		t.Errorf("made %v ago", since)
	}
	event := roundTrip(t, sent).Event.(*notification.AppUnavailable)
	if !event.EventTimestamp.Equal(sent.Timestamp) {
		t.Errorf("event at %v, sent at %v", event.EventTimestamp, sent.Timestamp)
	}
}

func TestMarshalWritesTimesAsApple(t *testing.T) {
	n := notification.New(events()[2])
	n.Timestamp = sentAt.In(time.FixedZone("", -8*3600))
	body, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(body), `"2023-11-27T18:40:37.246-00:00"`) {
		t.Errorf("%s", body)
	}
}

// TestMarshalKeepsWhatWasReceived includes what this package does not know.
func TestMarshalKeepsWhatWasReceived(t *testing.T) {
	const body = `{"data":{"type":"AppMoved","version":3,"id":"1","new":{"a":[1,2]}},"more":true}`
	n, err := notification.Decode([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := json.Marshal(n); string(got) != body || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestMarshalKeepsTheSpelling(t *testing.T) {
	n := notification.New(events()[1])
	n.Type = "AppVersionUnavailable"
	if got := roundTrip(t, n); got.Type != n.Type || !reflect.DeepEqual(got.Event, n.Event) {
		t.Errorf("got %+v", got)
	}
}

func TestMarshalRefuses(t *testing.T) {
	good := func() *notification.Notification { return notification.New(events()[0]) }
	for name, change := range map[string]func(*notification.Notification){
		"no event":          func(n *notification.Notification) { n.Event = nil },
		"no id":             func(n *notification.Notification) { n.ID = "" },
		"another type":      func(n *notification.Notification) { n.Type = "AppAvailable" },
		"an incomplete one": func(n *notification.Notification) { n.Event = &notification.AppUnavailable{AppID: app} },
		"a build upload with no state": func(n *notification.Notification) {
			n.Type = "buildUploadStateUpdated"
			n.Event = &notification.BuildUploadStateUpdated{StateChange: notification.StateChange{InstanceID: "1"}}
		},
		"an availability with no territories": func(n *notification.Notification) {
			n.Type = "alternativeDistributionTerritoryAvailabilityUpdated"
			n.Event = &notification.AlternativeDistributionTerritoryAvailabilityUpdated{
				MarketplaceAppID: marketplace, AppID: app,
			}
		},
		"another type of the same form": func(n *notification.Notification) {
			n.Type = "betaFeedbackCrashSubmissionCreated"
			n.Event = &notification.BetaFeedbackScreenshotSubmissionCreated{
				Creation: notification.Creation{InstanceID: "1"},
			}
		},
		"what events embed": func(n *notification.Notification) {
			n.Type, n.Event = "buildUploadStateUpdated", &notification.StateChange{InstanceID: "1", New: "COMPLETE"}
		},
		"a new version of a form": func(n *notification.Notification) { n.Version = 2 },
		"no package version": func(n *notification.Notification) {
			n.Event.(*notification.PackageVersionAvailable).PackageVersionID = ""
		},
	} {
		n := good()
		change(n)
		if body, err := json.Marshal(n); err == nil {
			t.Errorf("%s: %s", name, body)
		}
	}
	if body, err := json.Marshal(notification.New(nil)); err == nil {
		t.Errorf("New(nil): %s", body)
	}
}
