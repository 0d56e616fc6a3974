package main

// The events that notify and demo post, and what listen prints of an event.

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/notification"
)

// What events are about, unless a flag says otherwise. The sandbox has this
// marketplace app and this package version.
const (
	marketplaceAppID = "6478000000"
	appID            = "6478000001"
	packageID        = "9d5a1ae2-3c0f-4b7e-9a51-2f8f3f1f7a01"
	packageVersionID = "5b0c8f0e-7d7c-4f0b-8d0a-6c2f5f0b7a02"
	instanceID       = "7e3f1d64-52c8-4d0b-b0a4-1f9a6e2c8b03"
)

// sampleEvents returns one of each kind.
func sampleEvents() []notification.Event {
	territories := []string{"DEU", "FRA"}
	return []notification.Event{
		&notification.PackageVersionAvailable{MarketplaceAppID: marketplaceAppID, AppID: appID,
			PackageID: packageID, PackageVersionID: packageVersionID, PackageVersionNum: "1"},
		&notification.AppVersionsUnavailable{MarketplaceAppID: marketplaceAppID, AppID: appID, PackageIDs: []string{packageID}},
		&notification.AppUnavailable{MarketplaceAppID: marketplaceAppID, AppID: appID},
		&notification.AlternativeDistributionPackageVersionCreated{MarketplaceAppID: marketplaceAppID, AppID: appID,
			PackageVersionID: packageVersionID},
		&notification.AlternativeDistributionPackageAvailableUpdated{MarketplaceAppID: marketplaceAppID, AppID: appID,
			PackageID: packageID, Available: true, Territories: territories},
		&notification.AlternativeDistributionTerritoryAvailabilityUpdated{MarketplaceAppID: marketplaceAppID, AppID: appID,
			Available: true, Territories: territories},
		&notification.AppStoreVersionAppVersionStateUpdated{AppStoreVersionID: instanceID,
			Old: "PREPARE_FOR_SUBMISSION", New: "READY_FOR_REVIEW"},
		&notification.BuildUploadStateUpdated{BuildUploadID: instanceID, Old: "PROCESSING", New: "COMPLETE"},
		&notification.BuildBetaDetailExternalBuildStateUpdated{BuildBetaDetailID: instanceID, Old: "IN_BETA_REVIEW", New: "BETA_APPROVED"},
		&notification.BetaFeedbackCrashSubmissionCreated{SubmissionID: instanceID},
		&notification.BetaFeedbackScreenshotSubmissionCreated{SubmissionID: instanceID},
		&notification.BackgroundAssetVersionStateUpdated{BackgroundAssetVersionID: instanceID, Old: "PROCESSING", New: "COMPLETE"},
		&notification.BackgroundAssetVersionInternalBetaReleaseCreated{InternalBetaReleaseID: instanceID},
		&notification.BackgroundAssetVersionExternalBetaReleaseStateUpdated{ExternalBetaReleaseID: instanceID,
			Old: "PROCESSING_FOR_TESTING", New: "READY_FOR_TESTING"},
		&notification.BackgroundAssetVersionAppStoreReleaseStateUpdated{AppStoreReleaseID: instanceID,
			Old: "PROCESSING_FOR_DISTRIBUTION", New: "READY_FOR_DISTRIBUTION"},
		&notification.WebhookPingCreated{},
	}
}

// otherSpelling is how one of Apple's tables spells AppVersionsUnavailable.
const otherSpelling = "AppVersionUnavailable"

func eventTypes() []string {
	var types []string
	for _, event := range sampleEvents() {
		types = append(types, notification.New(event).Type)
	}
	return append(types, otherSpelling)
}

// sampleEvent returns the one whose type it is, or nil.
func sampleEvent(eventType string) notification.Event {
	i := slices.Index(eventTypes(), strings.Replace(eventType, otherSpelling, "AppVersionsUnavailable", 1))
	if i < 0 {
		return nil
	}
	return sampleEvents()[i]
}

// attributeFlag sets one attribute of an event: the field that the event has of
// those named.
type attributeFlag struct {
	name, usage string
	fields      []string
}

func attributeFlags() []attributeFlag {
	return []attributeFlag{
		{"marketplace-app-id", "`ID` of the marketplace's app", []string{"MarketplaceAppID"}},
		{"app-id", "`ID` of the app", []string{"AppID"}},
		{"package-id", "`ID` of a package (repeatable for AppVersionsUnavailable)", []string{"PackageID", "PackageIDs"}},
		{"package-version-id", "`ID` of the package's version", []string{"PackageVersionID"}},
		{"package-version-num", "`number` of the package's version", []string{"PackageVersionNum"}},
		{"available", "`true|false`: whether it is available", []string{"Available"}},
		{"territory", "`code` of a territory, such as DEU (repeatable)", []string{"Territories"}},
		{"instance-id", "`ID` of what another event is about, such as a build upload", []string{"AppStoreVersionID", "BuildUploadID",
			"BuildBetaDetailID", "SubmissionID", "BackgroundAssetVersionID", "InternalBetaReleaseID", "ExternalBetaReleaseID", "AppStoreReleaseID"}},
		{"old", "`state` before the event", []string{"Old"}},
		{"new", "`state` after the event", []string{"New"}},
	}
}

// eventFlags are the flags that describe a notification.
type eventFlags struct {
	typ, id    string
	attributes map[string]*[]string // by flag
}

// flags adds them and returns their names.
func (e *eventFlags) flags(cmd *cobra.Command) (names []string) {
	cmd.Flags().StringVar(&e.typ, "type", eventTypes()[0], "`type` of the notification: "+strings.Join(eventTypes(), ",\n"))
	cmd.Flags().StringVar(&e.id, "id", "", "`ID` of the notification (default a random one); the same again is a duplicate")
	complete(cmd, "type", eventTypes()...)
	e.attributes = map[string]*[]string{}
	for _, flag := range attributeFlags() {
		e.attributes[flag.name] = cmd.Flags().StringArray(flag.name, nil, flag.usage)
		names = append(names, flag.name)
	}
	return append(names, "type", "id")
}

// notification returns the notification that the flags describe.
func (e *eventFlags) notification() (*notification.Notification, error) {
	event := sampleEvent(e.typ)
	if event == nil {
		return nil, usagef("--type must be one of %s", strings.Join(eventTypes(), ", "))
	}
	for _, flag := range attributeFlags() {
		if values := *e.attributes[flag.name]; len(values) > 0 {
			if err := flag.set(event, values); err != nil {
				return nil, usagef("--%s %w %s", flag.name, err, e.typ)
			}
		}
	}
	n := notification.New(event)
	n.Type = e.typ
	if e.id != "" {
		n.ID = e.id
	}
	return n, nil
}

func (f attributeFlag) set(event notification.Event, values []string) error {
	for _, name := range f.fields {
		field := reflect.ValueOf(event).Elem().FieldByName(name)
		switch {
		case !field.IsValid():
			continue
		case field.Kind() == reflect.Slice:
			field.Set(reflect.ValueOf(values))
		case len(values) > 1:
			return errors.New("can be given once for")
		case field.Kind() == reflect.Bool:
			value, err := strconv.ParseBool(values[0])
			if err != nil {
				return errors.New("must be true or false for")
			}
			field.SetBool(value)
		default:
			field.SetString(values[0])
		}
		return nil
	}
	return errors.New("does not belong to")
}

// describe returns the attributes of an event, except times, in the words of
// the flags; nothing for an unknown event.
func describe(event notification.Event) string {
	if event == nil {
		return ""
	}
	var words []string
	for _, flag := range attributeFlags() {
		for _, name := range flag.fields {
			field := reflect.ValueOf(event).Elem().FieldByName(name)
			if !field.IsValid() {
				continue
			}
			value := fmt.Sprint(field)
			if values, ok := field.Interface().([]string); ok {
				value = strings.Join(values, ",")
			}
			words = append(words, flag.name+"="+value)
		}
	}
	return strings.Join(words, " ")
}
