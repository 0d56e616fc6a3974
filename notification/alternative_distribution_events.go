package notification

import "time"

const (
	packageVersionCreated        = "alternativeDistributionPackageVersionCreated"
	packageAvailableUpdated      = "alternativeDistributionPackageAvailableUpdated"
	territoryAvailabilityUpdated = "alternativeDistributionTerritoryAvailabilityUpdated"
)

// AlternativeDistributionPackageVersionCreated reports a new version of an
// app's alternative distribution package. It names neither the package nor the
// number of the version: reading the version by its ID gives both, and the URL
// to download it from.
type AlternativeDistributionPackageVersionCreated struct {
	MarketplaceAppID string    // relationships.marketplaceApp: the marketplace it is meant for
	AppID            string    // appId
	PackageVersionID string    // relationships.instance, of type alternativeDistributionPackageVersions
	Timestamp        time.Time // timestamp, in UTC
}

func decodePackageVersionCreated(d *data) Event {
	marketplace, app, instance := d.Relationships.MarketplaceApp.id(), d.Attributes.AppID, d.Relationships.Instance.id()
	if marketplace == "" || app == "" || instance == "" {
		return nil
	}
	return &AlternativeDistributionPackageVersionCreated{marketplace, app, instance, d.at()}
}

func (e *AlternativeDistributionPackageVersionCreated) wire(at time.Time) data {
	return data{
		Type: packageVersionCreated, Version: version,
		Attributes: attributes{AppID: e.AppID, Timestamp: precisely(e.Timestamp, at)},
		Relationships: relationships{
			Instance:       related("alternativeDistributionPackageVersions", e.PackageVersionID),
			MarketplaceApp: related("apps", e.MarketplaceAppID),
		},
	}
}

// AlternativeDistributionPackageAvailableUpdated reports where one package of
// an app may, or may no longer, be offered.
type AlternativeDistributionPackageAvailableUpdated struct {
	MarketplaceAppID string    // relationships.marketplaceApp: the marketplace it is meant for
	AppID            string    // appId
	PackageID        string    // relationships.instance, of type alternativeDistributionPackages
	Available        bool      // available
	Territories      []string  // territories it applies to, such as DEU (ISO 3166-1 alpha-3)
	Timestamp        time.Time // timestamp, in UTC
}

func decodePackageAvailableUpdated(d *data) Event {
	a, marketplace, instance := &d.Attributes, d.Relationships.MarketplaceApp.id(), d.Relationships.Instance.id()
	if marketplace == "" || a.AppID == "" || instance == "" || a.Available == nil || !allNamed(a.Territories) {
		return nil
	}
	return &AlternativeDistributionPackageAvailableUpdated{
		marketplace, a.AppID, instance, *a.Available, a.Territories, d.at(),
	}
}

func (e *AlternativeDistributionPackageAvailableUpdated) wire(at time.Time) data {
	return data{
		Type: packageAvailableUpdated, Version: version,
		Attributes: attributes{
			AppID: e.AppID, Available: &e.Available, Territories: e.Territories, Timestamp: precisely(e.Timestamp, at),
		},
		Relationships: relationships{
			Instance:       related("alternativeDistributionPackages", e.PackageID),
			MarketplaceApp: related("apps", e.MarketplaceAppID),
		},
	}
}

// AlternativeDistributionTerritoryAvailabilityUpdated reports where an app
// may, or may no longer, be offered.
type AlternativeDistributionTerritoryAvailabilityUpdated struct {
	MarketplaceAppID string    // relationships.marketplaceApp: the marketplace it is meant for
	AppID            string    // appId
	Available        bool      // available
	Territories      []string  // territories it applies to, such as DEU (ISO 3166-1 alpha-3)
	Timestamp        time.Time // timestamp, in UTC
}

func decodeTerritoryAvailabilityUpdated(d *data) Event {
	a, marketplace := &d.Attributes, d.Relationships.MarketplaceApp.id()
	if marketplace == "" || a.AppID == "" || a.Available == nil || !allNamed(a.Territories) {
		return nil
	}
	return &AlternativeDistributionTerritoryAvailabilityUpdated{
		marketplace, a.AppID, *a.Available, a.Territories, d.at(),
	}
}

func (e *AlternativeDistributionTerritoryAvailabilityUpdated) wire(at time.Time) data {
	return data{
		Type: territoryAvailabilityUpdated, Version: version,
		Attributes: attributes{
			AppID: e.AppID, Available: &e.Available, Territories: e.Territories, Timestamp: precisely(e.Timestamp, at),
		},
		Relationships: relationships{MarketplaceApp: related("apps", e.MarketplaceAppID)},
	}
}
