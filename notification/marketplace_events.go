package notification

import "time"

const (
	packageVersionAvailable = "AlternativeDistributionPackageVersionAvailable"
	appVersionsUnavailable  = "AppVersionsUnavailable"
	appVersionUnavailable   = "AppVersionUnavailable" // the spelling in one of Apple's tables
	appUnavailable          = "AppUnavailable"
)

// PackageVersionAvailable reports that a version of an app's alternative
// distribution package can be downloaded. Its type on the wire is
// AlternativeDistributionPackageVersionAvailable. With a webhook,
// [AlternativeDistributionPackageVersionCreated] takes its place.
type PackageVersionAvailable struct {
	MarketplaceAppID  string    // marketplaceAppId: the marketplace it is meant for
	AppID             string    // appId
	PackageID         string    // alternativeDistributionPackageId
	PackageVersionID  string    // alternativeDistributionPackageVersionId
	PackageVersionNum string    // alternativeDistributionPackageVersionNum
	EventTimestamp    time.Time // eventTimestamp, in UTC
}

func decodePackageVersionAvailable(d *data) Event {
	a := &d.Attributes
	ids := []string{a.MarketplaceAppID, a.AppID, a.PackageID, a.PackageVersionID, a.PackageVersionNum}
	if !allNamed(ids) {
		return nil
	}
	return &PackageVersionAvailable{
		MarketplaceAppID:  a.MarketplaceAppID,
		AppID:             a.AppID,
		PackageID:         a.PackageID,
		PackageVersionID:  a.PackageVersionID,
		PackageVersionNum: a.PackageVersionNum,
		EventTimestamp:    time.Time(a.EventTimestamp),
	}
}

func (e *PackageVersionAvailable) wire(at time.Time) data {
	return data{Type: packageVersionAvailable, Version: version, Timestamp: timestamp(at), Attributes: attributes{
		MarketplaceAppID:  e.MarketplaceAppID,
		AppID:             e.AppID,
		PackageID:         e.PackageID,
		PackageVersionID:  e.PackageVersionID,
		PackageVersionNum: e.PackageVersionNum,
		EventTimestamp:    timestamp(orTime(e.EventTimestamp, at)),
	}}
}

// AppVersionsUnavailable reports that versions of an app may no longer be
// offered. Its type on the wire is AppVersionsUnavailable, or
// AppVersionUnavailable in one of Apple's tables. With a webhook,
// [AlternativeDistributionPackageAvailableUpdated] takes its place.
type AppVersionsUnavailable struct {
	MarketplaceAppID string    // marketplaceAppId: the marketplace it is meant for
	AppID            string    // appId
	PackageIDs       []string  // alternativeDistributionPackageIds
	EventTimestamp   time.Time // eventTimestamp, in UTC
}

func decodeAppVersionsUnavailable(d *data) Event {
	a := &d.Attributes
	if a.MarketplaceAppID == "" || a.AppID == "" || !allNamed(a.PackageIDs) {
		return nil
	}
	return &AppVersionsUnavailable{a.MarketplaceAppID, a.AppID, a.PackageIDs, time.Time(a.EventTimestamp)}
}

func (e *AppVersionsUnavailable) wire(at time.Time) data {
	return data{Type: appVersionsUnavailable, Version: version, Timestamp: timestamp(at), Attributes: attributes{
		MarketplaceAppID: e.MarketplaceAppID,
		AppID:            e.AppID,
		PackageIDs:       e.PackageIDs,
		EventTimestamp:   timestamp(orTime(e.EventTimestamp, at)),
	}}
}

// AppUnavailable reports that an app may no longer be offered at all. With a
// webhook, [AlternativeDistributionTerritoryAvailabilityUpdated] takes its
// place.
type AppUnavailable struct {
	MarketplaceAppID string    // marketplaceAppId: the marketplace it is meant for
	AppID            string    // appId
	EventTimestamp   time.Time // eventTimestamp, in UTC
}

func decodeAppUnavailable(d *data) Event {
	a := &d.Attributes
	if a.MarketplaceAppID == "" || a.AppID == "" {
		return nil
	}
	return &AppUnavailable{a.MarketplaceAppID, a.AppID, time.Time(a.EventTimestamp)}
}

func (e *AppUnavailable) wire(at time.Time) data {
	return data{Type: appUnavailable, Version: version, Timestamp: timestamp(at), Attributes: attributes{
		MarketplaceAppID: e.MarketplaceAppID,
		AppID:            e.AppID,
		EventTimestamp:   timestamp(orTime(e.EventTimestamp, at)),
	}}
}
