package notification

import "time"

var marketplaceKinds = []*kind{
	{typ: "AlternativeDistributionPackageVersionAvailable", new: newOf[PackageVersionAvailable]},
	{typ: "AppVersionsUnavailable", new: newOf[AppVersionsUnavailable]},
	{typ: "AppVersionUnavailable", new: newOf[AppVersionsUnavailable]}, // the spelling in one of Apple's tables
	{typ: "AppUnavailable", new: newOf[AppUnavailable]},
}

// PackageVersionAvailable reports that a version of an app's alternative
// distribution package can be downloaded. Its type on the wire is
// AlternativeDistributionPackageVersionAvailable. With a webhook,
// [AlternativeDistributionPackageVersionCreated] takes its place (assumed).
type PackageVersionAvailable struct {
	MarketplaceAppID  string    // marketplaceAppId: the marketplace it is meant for
	AppID             string    // appId
	PackageID         string    // alternativeDistributionPackageId
	PackageVersionID  string    // alternativeDistributionPackageVersionId
	PackageVersionNum string    // alternativeDistributionPackageVersionNum
	EventTimestamp    time.Time // eventTimestamp, in UTC
}

func (e *PackageVersionAvailable) transfer(c *codec) {
	c.marketplace(&e.MarketplaceAppID, &e.AppID, &e.EventTimestamp)
	c.text(&e.PackageID, &c.data.Attributes.PackageID)
	c.text(&e.PackageVersionID, &c.data.Attributes.PackageVersionID)
	c.text(&e.PackageVersionNum, &c.data.Attributes.PackageVersionNum)
}

// AppVersionsUnavailable reports that versions of an app may no longer be
// offered. Its type on the wire is AppVersionsUnavailable, or
// AppVersionUnavailable in one of Apple's tables. With a webhook,
// [AlternativeDistributionPackageAvailableUpdated] takes its place (assumed).
type AppVersionsUnavailable struct {
	MarketplaceAppID string    // marketplaceAppId: the marketplace it is meant for
	AppID            string    // appId
	PackageIDs       []string  // alternativeDistributionPackageIds
	EventTimestamp   time.Time // eventTimestamp, in UTC
}

func (e *AppVersionsUnavailable) transfer(c *codec) {
	c.marketplace(&e.MarketplaceAppID, &e.AppID, &e.EventTimestamp)
	c.list(&e.PackageIDs, &c.data.Attributes.PackageIDs)
}

// AppUnavailable reports that an app may no longer be offered at all. With a
// webhook, [AlternativeDistributionTerritoryAvailabilityUpdated] takes its place
// (assumed).
type AppUnavailable struct {
	MarketplaceAppID string    // marketplaceAppId: the marketplace it is meant for
	AppID            string    // appId
	EventTimestamp   time.Time // eventTimestamp, in UTC
}

func (e *AppUnavailable) transfer(c *codec) {
	c.marketplace(&e.MarketplaceAppID, &e.AppID, &e.EventTimestamp)
}

// marketplace transfers what the events of marketplaceWebhooks have in common.
func (c *codec) marketplace(marketplaceAppID, appID *string, happened *time.Time) {
	c.text(marketplaceAppID, &c.data.Attributes.MarketplaceAppID)
	c.text(appID, &c.data.Attributes.AppID)
	c.time(happened, &c.data.Attributes.EventTimestamp)
	if c.writing {
		c.data.Timestamp = timestamp(c.at)
	}
}
