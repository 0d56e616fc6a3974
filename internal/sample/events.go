// Package sample has an event of every type, to try a receiver on.
package sample

import (
	"slices"
	"strings"

	"github.com/ascmarketplace/webhooks/notification"
)

// What the events are about.
const (
	MarketplaceAppID = "6478000000"
	AppID            = "6478000001"
	PackageID        = "9d5a1ae2-3c0f-4b7e-9a51-2f8f3f1f7a01"
	PackageVersionID = "5b0c8f0e-7d7c-4f0b-8d0a-6c2f5f0b7a02"
	instanceID       = "7e3f1d64-52c8-4d0b-b0a4-1f9a6e2c8b03"
)

// How one of Apple's tables spells AppVersionsUnavailable.
const otherSpelling = "AppVersionUnavailable"

// Types returns all types of notifications, first those of marketplaceWebhooks.
func Types() (types []string) {
	for _, event := range events() {
		types = append(types, notification.New(event).Type)
	}
	return slices.Insert(types, 2, otherSpelling)
}

// Event returns a new event of a type, or nil if there is no such type.
func Event(eventType string) notification.Event {
	eventType = strings.Replace(eventType, otherSpelling, "AppVersionsUnavailable", 1)
	for _, event := range events() {
		if notification.New(event).Type == eventType {
			return event
		}
	}
	return nil
}

func events() []notification.Event {
	territories := []string{"DEU", "FRA"}
	return []notification.Event{
		&notification.PackageVersionAvailable{MarketplaceAppID: MarketplaceAppID, AppID: AppID,
			PackageID: PackageID, PackageVersionID: PackageVersionID, PackageVersionNum: "1"},
		&notification.AppVersionsUnavailable{MarketplaceAppID: MarketplaceAppID, AppID: AppID, PackageIDs: []string{PackageID}},
		&notification.AppUnavailable{MarketplaceAppID: MarketplaceAppID, AppID: AppID},
		&notification.AlternativeDistributionPackageVersionCreated{MarketplaceAppID: MarketplaceAppID, AppID: AppID,
			PackageVersionID: PackageVersionID},
		&notification.AlternativeDistributionPackageAvailableUpdated{MarketplaceAppID: MarketplaceAppID, AppID: AppID,
			PackageID: PackageID, Available: true, Territories: territories},
		&notification.AlternativeDistributionTerritoryAvailabilityUpdated{MarketplaceAppID: MarketplaceAppID, AppID: AppID,
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
