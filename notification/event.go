package notification

import (
	"slices"
	"time"
)

// An Event is what a notification tells: a [*PackageVersionAvailable], an
// [*AppVersionsUnavailable] or an [*AppUnavailable], the three that Apple
// documents. Attributes are documented by Apple too.
//
// A decoded event has all of its IDs. IDs are strings, also where Apple's are
// digits only. An EventTimestamp that is absent or unreadable is the zero time.
type Event interface {
	// wire returns the event's documented type and attributes.
	wire() (string, attributes)
}

const (
	packageVersionAvailable = "AlternativeDistributionPackageVersionAvailable"
	appVersionsUnavailable  = "AppVersionsUnavailable"
	appVersionUnavailable   = "AppVersionUnavailable" // so spelt in one of Apple's tables
	appUnavailable          = "AppUnavailable"
)

// PackageVersionAvailable says that a version of an app's alternative
// distribution package can be downloaded. Its type on the wire is
// AlternativeDistributionPackageVersionAvailable.
type PackageVersionAvailable struct {
	MarketplaceAppID  string    // marketplaceAppId: the marketplace it is meant for
	AppID             string    // appId
	PackageID         string    // alternativeDistributionPackageId
	PackageVersionID  string    // alternativeDistributionPackageVersionId
	PackageVersionNum string    // alternativeDistributionPackageVersionNum
	EventTimestamp    time.Time // eventTimestamp, in UTC
}

// AppVersionsUnavailable says that versions of an app may no longer be
// offered. Its type on the wire is AppVersionsUnavailable, or
// AppVersionUnavailable in one of Apple's tables.
type AppVersionsUnavailable struct {
	MarketplaceAppID string    // marketplaceAppId: the marketplace it is meant for
	AppID            string    // appId
	PackageIDs       []string  // alternativeDistributionPackageIds
	EventTimestamp   time.Time // eventTimestamp, in UTC
}

// AppUnavailable says that an app may no longer be offered at all.
type AppUnavailable struct {
	MarketplaceAppID string    // marketplaceAppId: the marketplace it is meant for
	AppID            string    // appId
	EventTimestamp   time.Time // eventTimestamp, in UTC
}

// attributes are those of all three types together: one decoding pass fills them.
type attributes struct {
	MarketplaceAppID  string    `json:"marketplaceAppId"`
	AppID             string    `json:"appId"`
	PackageID         string    `json:"alternativeDistributionPackageId,omitzero"`
	PackageVersionID  string    `json:"alternativeDistributionPackageVersionId,omitzero"`
	PackageVersionNum string    `json:"alternativeDistributionPackageVersionNum,omitzero"`
	PackageIDs        []string  `json:"alternativeDistributionPackageIds,omitzero"`
	EventTimestamp    timestamp `json:"eventTimestamp"`
}

// event returns the event of a type, or nil if the type is not known or an
// attribute that it lives by is missing.
func (a *attributes) event(typ string) Event {
	if a.MarketplaceAppID == "" || a.AppID == "" {
		return nil
	}
	at := time.Time(a.EventTimestamp)
	switch typ {
	case packageVersionAvailable:
		if a.PackageID != "" && a.PackageVersionID != "" && a.PackageVersionNum != "" {
			return &PackageVersionAvailable{a.MarketplaceAppID, a.AppID, a.PackageID, a.PackageVersionID, a.PackageVersionNum, at}
		}
	case appVersionsUnavailable, appVersionUnavailable:
		if a.PackageIDs != nil && !slices.Contains(a.PackageIDs, "") {
			return &AppVersionsUnavailable{a.MarketplaceAppID, a.AppID, a.PackageIDs, at}
		}
	case appUnavailable:
		return &AppUnavailable{a.MarketplaceAppID, a.AppID, at}
	}
	return nil
}

func (e *PackageVersionAvailable) wire() (string, attributes) {
	return packageVersionAvailable, attributes{
		MarketplaceAppID:  e.MarketplaceAppID,
		AppID:             e.AppID,
		PackageID:         e.PackageID,
		PackageVersionID:  e.PackageVersionID,
		PackageVersionNum: e.PackageVersionNum,
		EventTimestamp:    timestamp(e.EventTimestamp),
	}
}

func (e *AppVersionsUnavailable) wire() (string, attributes) {
	return appVersionsUnavailable, attributes{
		MarketplaceAppID: e.MarketplaceAppID,
		AppID:            e.AppID,
		PackageIDs:       e.PackageIDs,
		EventTimestamp:   timestamp(e.EventTimestamp),
	}
}

func (e *AppUnavailable) wire() (string, attributes) {
	return appUnavailable, attributes{
		MarketplaceAppID: e.MarketplaceAppID,
		AppID:            e.AppID,
		EventTimestamp:   timestamp(e.EventTimestamp),
	}
}
