package wrapper

import (
	"strings"
	"unicode/utf8"
)

// EventType is a kind of event to which a webhook subscribes, in Apple's
// spelling. Apple adds some: one that has no constant here is sent and read as
// it is.
//
// https://developer.apple.com/documentation/appstoreconnectapi/webhookeventtype
type EventType string

// Apple's event types. Those of alternative distribution exist since API 4.2,
// the others since 4.0.
const (
	EventAlternativeDistributionPackageAvailableUpdated        EventType = "ALTERNATIVE_DISTRIBUTION_PACKAGE_AVAILABLE_UPDATED"
	EventAlternativeDistributionPackageVersionCreated          EventType = "ALTERNATIVE_DISTRIBUTION_PACKAGE_VERSION_CREATED"
	EventAlternativeDistributionTerritoryAvailabilityUpdated   EventType = "ALTERNATIVE_DISTRIBUTION_TERRITORY_AVAILABILITY_UPDATED"
	EventAppStoreVersionAppVersionStateUpdated                 EventType = "APP_STORE_VERSION_APP_VERSION_STATE_UPDATED"
	EventBackgroundAssetVersionAppStoreReleaseStateUpdated     EventType = "BACKGROUND_ASSET_VERSION_APP_STORE_RELEASE_STATE_UPDATED"
	EventBackgroundAssetVersionExternalBetaReleaseStateUpdated EventType = "BACKGROUND_ASSET_VERSION_EXTERNAL_BETA_RELEASE_STATE_UPDATED"
	EventBackgroundAssetVersionInternalBetaReleaseCreated      EventType = "BACKGROUND_ASSET_VERSION_INTERNAL_BETA_RELEASE_CREATED"
	EventBackgroundAssetVersionStateUpdated                    EventType = "BACKGROUND_ASSET_VERSION_STATE_UPDATED"
	EventBetaFeedbackCrashSubmissionCreated                    EventType = "BETA_FEEDBACK_CRASH_SUBMISSION_CREATED"
	EventBetaFeedbackScreenshotSubmissionCreated               EventType = "BETA_FEEDBACK_SCREENSHOT_SUBMISSION_CREATED"
	EventBuildBetaDetailExternalBuildStateUpdated              EventType = "BUILD_BETA_DETAIL_EXTERNAL_BUILD_STATE_UPDATED"
	EventBuildUploadStateUpdated                               EventType = "BUILD_UPLOAD_STATE_UPDATED"
)

// MarketplaceEvents returns what an alternative marketplace subscribes to.
func MarketplaceEvents() []EventType {
	return []EventType{
		EventAlternativeDistributionPackageAvailableUpdated,
		EventAlternativeDistributionPackageVersionCreated,
		EventAlternativeDistributionTerritoryAvailabilityUpdated,
	}
}

// AllEvents returns every event type that has a constant here.
func AllEvents() []EventType {
	return append(MarketplaceEvents(),
		EventAppStoreVersionAppVersionStateUpdated,
		EventBackgroundAssetVersionAppStoreReleaseStateUpdated,
		EventBackgroundAssetVersionExternalBetaReleaseStateUpdated,
		EventBackgroundAssetVersionInternalBetaReleaseCreated,
		EventBackgroundAssetVersionStateUpdated,
		EventBetaFeedbackCrashSubmissionCreated,
		EventBetaFeedbackScreenshotSubmissionCreated,
		EventBuildBetaDetailExternalBuildStateUpdated,
		EventBuildUploadStateUpdated,
	)
}

// check refuses what App Store Connect would: a spelling other than
// SCREAMING_SNAKE. Notifications spell the same types in camelCase.
func (t EventType) check() error {
	wellFormed := t != "" && t[0] >= 'A' && t[0] <= 'Z' && !strings.ContainsFunc(string(t), func(r rune) bool {
		return r != '_' && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	})
	if wellFormed {
		return nil
	}
	problem, letters := " is not in Apple's form, such as "+string(EventBuildUploadStateUpdated), t.letters()
	for _, known := range AllEvents() {
		if known.letters() == letters {
			problem = " is spelt " + string(known)
		}
	}
	return invalid("event type " + printable(string(t), 64) + problem)
}

func (t EventType) letters() string {
	return strings.ToUpper(strings.NewReplacer("_", "", "-", "", " ", "").Replace(string(t)))
}

// checkAll checks what Create needs, checkGiven the members that are not zero.
func (p WebhookParams) checkAll(c *Client) error {
	switch {
	case p.Name == "":
		return invalid("name is missing")
	case len(p.EventTypes) == 0:
		return invalid("event types are missing; MarketplaceEvents and AllEvents return some")
	}
	if err := c.checkEndpointURL(p.URL); err != nil {
		return err
	}
	if err := checkSecret(p.Secret); err != nil {
		return err
	}
	return p.checkGiven(c)
}

func (p WebhookParams) checkGiven(c *Client) error {
	if !utf8.ValidString(p.Name) {
		return invalid("name is not valid UTF-8")
	}
	if p.EventTypes != nil && len(p.EventTypes) == 0 {
		return invalid("event types are empty; leave them nil to keep those there are, or disable the webhook")
	}
	for _, eventType := range p.EventTypes {
		if err := eventType.check(); err != nil {
			return err
		}
	}
	return MarketplaceWebhookParams{EndpointURL: p.URL, Secret: p.Secret}.checkGiven(c)
}
