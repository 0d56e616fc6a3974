package sandbox

// The types of events, their fields, and values for a start.

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/ascmarketplace/webhooks/notification"
)

const (
	appID         = "6478000001"
	marketplaceID = "6478000000"
	packageID     = "9d5a1ae2-3c0f-4b7e-9a51-2f8f3f1f7a01"
	instanceID    = "5b0c8f0e-7d7c-4f0b-8d0a-6c2f5f0b7a02"
)

// eventType is a data.type, with a function that makes an event of it.
type eventType struct {
	name  string
	event func() notification.Event
}

// eventTypes returns those of marketplaceWebhooks, which begin with a capital,
// and then those of webhooks.
func eventTypes() []eventType {
	unavailable := func() notification.Event {
		return &notification.AppVersionsUnavailable{MarketplaceAppID: marketplaceID, AppID: appID, PackageIDs: []string{packageID}}
	}
	return []eventType{
		{"AlternativeDistributionPackageVersionAvailable", func() notification.Event {
			return &notification.PackageVersionAvailable{
				MarketplaceAppID: marketplaceID, AppID: appID, PackageID: packageID,
				PackageVersionID: instanceID, PackageVersionNum: "1",
			}
		}},
		{"AppVersionsUnavailable", unavailable},
		{"AppVersionUnavailable", unavailable}, // the spelling in one of Apple's tables
		{"AppUnavailable", func() notification.Event {
			return &notification.AppUnavailable{MarketplaceAppID: marketplaceID, AppID: appID}
		}},

		{"alternativeDistributionPackageVersionCreated", func() notification.Event {
			return &notification.AlternativeDistributionPackageVersionCreated{
				MarketplaceAppID: marketplaceID, AppID: appID, PackageVersionID: instanceID,
			}
		}},
		{"alternativeDistributionPackageAvailableUpdated", func() notification.Event {
			return &notification.AlternativeDistributionPackageAvailableUpdated{
				MarketplaceAppID: marketplaceID, AppID: appID, PackageID: packageID,
				Available: true, Territories: []string{"DEU", "FRA"},
			}
		}},
		{"alternativeDistributionTerritoryAvailabilityUpdated", func() notification.Event {
			return &notification.AlternativeDistributionTerritoryAvailabilityUpdated{
				MarketplaceAppID: marketplaceID, AppID: appID, Available: true, Territories: []string{"DEU", "FRA"},
			}
		}},
		{"appStoreVersionAppVersionStateUpdated", func() notification.Event {
			return &notification.AppStoreVersionAppVersionStateUpdated{
				AppStoreVersionID: instanceID, Old: "PREPARE_FOR_SUBMISSION", New: "READY_FOR_REVIEW",
			}
		}},
		{"buildUploadStateUpdated", func() notification.Event {
			return &notification.BuildUploadStateUpdated{BuildUploadID: instanceID, Old: "PROCESSING", New: "COMPLETE"}
		}},
		{"buildBetaDetailExternalBuildStateUpdated", func() notification.Event {
			return &notification.BuildBetaDetailExternalBuildStateUpdated{
				BuildBetaDetailID: instanceID, Old: "IN_BETA_REVIEW", New: "BETA_APPROVED",
			}
		}},
		{"betaFeedbackCrashSubmissionCreated", func() notification.Event {
			return &notification.BetaFeedbackCrashSubmissionCreated{SubmissionID: instanceID}
		}},
		{"betaFeedbackScreenshotSubmissionCreated", func() notification.Event {
			return &notification.BetaFeedbackScreenshotSubmissionCreated{SubmissionID: instanceID}
		}},
		{"backgroundAssetVersionStateUpdated", func() notification.Event {
			return &notification.BackgroundAssetVersionStateUpdated{
				BackgroundAssetVersionID: instanceID, Old: "PROCESSING", New: "COMPLETE",
			}
		}},
		{"backgroundAssetVersionInternalBetaReleaseCreated", func() notification.Event {
			return &notification.BackgroundAssetVersionInternalBetaReleaseCreated{InternalBetaReleaseID: instanceID}
		}},
		{"backgroundAssetVersionExternalBetaReleaseStateUpdated", func() notification.Event {
			return &notification.BackgroundAssetVersionExternalBetaReleaseStateUpdated{
				ExternalBetaReleaseID: instanceID, Old: "PROCESSING_FOR_TESTING", New: "READY_FOR_TESTING",
			}
		}},
		{"backgroundAssetVersionAppStoreReleaseStateUpdated", func() notification.Event {
			return &notification.BackgroundAssetVersionAppStoreReleaseStateUpdated{
				AppStoreReleaseID: instanceID, Old: "PROCESSING_FOR_DISTRIBUTION", New: "READY_FOR_DISTRIBUTION",
			}
		}},
		{"webhookPingCreated", func() notification.Event { return &notification.WebhookPingCreated{} }},
	}
}

const ping = "webhookPingCreated"

func typeNames() []string { return mapped(eventTypes(), func(t eventType) string { return t.name }) }

// isOfMarketplace tells the events of marketplaceWebhooks from those of webhooks.
func isOfMarketplace(name string) bool { return unicode.IsUpper(rune(name[0])) }

// subscription is how the API spells an event of webhooks; a ping has none.
func subscription(name string) string {
	if isOfMarketplace(name) || name == ping {
		return ""
	}
	return strings.ToUpper(snake(name))
}

// subscriptions are the event types that a webhook may subscribe to.
func subscriptions() []string {
	return slices.DeleteFunc(mapped(typeNames(), subscription), func(s string) bool { return s == "" })
}

// snake spells a Go name, or a type, as JSON does here: package_version_id.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && unicode.IsUpper(r) && unicode.IsLower(rune(name[i-1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// fields returns the fields of an event by their names. A time that is not set is null.
func fields(event notification.Event) map[string]any {
	shown, value := map[string]any{}, reflect.ValueOf(event).Elem()
	for i := range value.NumField() {
		field := value.Field(i).Interface()
		if at, ok := field.(time.Time); ok && at.IsZero() {
			field = nil
		}
		shown[snake(value.Type().Field(i).Name)] = field
	}
	return shown
}

// setFields sets fields of an event; null leaves one as it is.
func setFields(event notification.Event, given map[string]json.RawMessage) error {
	value := reflect.ValueOf(event).Elem()
	var known []string
	for i := range value.NumField() {
		name := snake(value.Type().Field(i).Name)
		known = append(known, name)
		if text, there := given[name]; there {
			if err := setField(value.Field(i), text); err != nil {
				return badField("fields."+name, "%s", err.Error())
			}
		}
	}
	for name := range given {
		if !slices.Contains(known, name) {
			return badField("fields."+name, "there is no such field of this type: it has %s", strings.Join(known, ", "))
		}
	}
	return nil
}

func setField(field reflect.Value, text json.RawMessage) error {
	err := json.Unmarshal(text, field.Addr().Interface())
	_, isTime := field.Interface().(time.Time)
	switch {
	case err != nil && isTime:
		return refusal{message: "must be a time, such as 2026-01-31T12:00:00Z"}
	case err != nil && field.Kind() == reflect.Slice:
		return refusal{message: "must be a list of strings"}
	case err != nil:
		return refusal{message: "must be " + jsonType(field.Type())}
	}
	return nil
}

// missing returns the name of a field without which an event can't be sent, or nothing.
func missing(event notification.Event) string {
	value := reflect.ValueOf(event).Elem()
	for i := range value.NumField() {
		name := value.Type().Field(i).Name
		switch field := value.Field(i).Interface().(type) {
		case string:
			if field == "" && name != "Old" {
				return snake(name)
			}
		case []string:
			if field == nil || slices.Contains(field, "") {
				return snake(name)
			}
		}
	}
	return ""
}

func (s *Sandbox) listEventTypes(*http.Request) (int, any, error) {
	type described struct {
		Type         string         `json:"type"`
		Subscription string         `json:"subscription"`
		Fields       map[string]any `json:"fields"`
	}
	return http.StatusOK, struct {
		EventTypes []described `json:"event_types"`
	}{mapped(eventTypes(), func(t eventType) described {
		return described{t.name, subscription(t.name), fields(t.event())}
	})}, nil
}

// typeOf is the data.type of a payload.
func typeOf(payload []byte) string {
	var body struct{ Data struct{ Type string } }
	_ = json.Unmarshal(payload, &body)
	return body.Data.Type
}
