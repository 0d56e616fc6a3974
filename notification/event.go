package notification

import "time"

// An Event is what a notification reports. These are the ones that Apple
// documents, and the ping:
//
//   - to the endpoint of a marketplaceWebhook: [*PackageVersionAvailable],
//     [*AppVersionsUnavailable], [*AppUnavailable]
//   - to the URL of a webhook, about what a marketplace may offer:
//     [*AlternativeDistributionPackageVersionCreated],
//     [*AlternativeDistributionPackageAvailableUpdated],
//     [*AlternativeDistributionTerritoryAvailabilityUpdated]
//   - to the URL of a webhook, about an app of your own:
//     [*AppStoreVersionAppVersionStateUpdated], [*BuildUploadStateUpdated],
//     [*BuildBetaDetailExternalBuildStateUpdated],
//     [*BetaFeedbackCrashSubmissionCreated],
//     [*BetaFeedbackScreenshotSubmissionCreated],
//     [*BackgroundAssetVersionStateUpdated],
//     [*BackgroundAssetVersionInternalBetaReleaseCreated],
//     [*BackgroundAssetVersionExternalBetaReleaseStateUpdated],
//     [*BackgroundAssetVersionAppStoreReleaseStateUpdated]
//   - to test a webhook: [*WebhookPingCreated]
//
// More may come in a minor version: give a switch over them a default. A
// decoded event has all of its IDs. They are strings, even where Apple's
// consist of digits. A time that is absent or unreadable is the zero time.
//
// Apple's pages of the first three and of the others:
// https://developer.apple.com/documentation/marketplacekit/processing-alternative-marketplace-notifications
// https://developer.apple.com/documentation/appstoreconnectapi/webhook-events
type Event interface {
	// wire returns the event as it is posted, without its ID. An event that
	// has no time of its own gets at.
	wire(at time.Time) data
}

// decoders has the types of data.type, each with the function that makes its
// event. The function returns nil if something is missing that the event is
// of no use without.
var decoders = map[string]func(*data) Event{
	packageVersionAvailable: decodePackageVersionAvailable,
	appVersionsUnavailable:  decodeAppVersionsUnavailable,
	appVersionUnavailable:   decodeAppVersionsUnavailable,
	appUnavailable:          decodeAppUnavailable,

	packageVersionCreated:        decodePackageVersionCreated,
	packageAvailableUpdated:      decodePackageAvailableUpdated,
	territoryAvailabilityUpdated: decodeTerritoryAvailabilityUpdated,

	appVersionStateUpdated:      decodeAppVersionStateUpdated,
	buildUploadStateUpdated:     decodeBuildUploadStateUpdated,
	externalBuildStateUpdated:   decodeExternalBuildStateUpdated,
	crashSubmissionCreated:      decodeCrashSubmissionCreated,
	screenshotSubmissionCreated: decodeScreenshotSubmissionCreated,

	assetVersionStateUpdated:        decodeAssetVersionStateUpdated,
	assetInternalBetaReleaseCreated: decodeAssetInternalBetaReleaseCreated,
	assetExternalBetaReleaseUpdated: decodeAssetExternalBetaReleaseUpdated,
	assetAppStoreReleaseUpdated:     decodeAssetAppStoreReleaseUpdated,

	webhookPingCreated: decodePing,
	webhookPings:       decodePing,
}

// event returns the event of d, or nil if its type or version is not known or
// something of it is missing. Some of Apple's examples have no version.
func (d *data) event() Event {
	if d.Version != version && d.Version != 0 {
		return nil
	}
	if decode := decoders[d.Type]; decode != nil {
		return decode(d)
	}
	if d.Attributes.Ping {
		return decodePing(d)
	}
	return nil
}
