package notification

import "time"

var alternativeDistributionKinds = []*kind{
	{typ: "alternativeDistributionPackageVersionCreated", new: newOf[AlternativeDistributionPackageVersionCreated],
		instance: "alternativeDistributionPackageVersions", exampleID: packageVersionID},
	{typ: "alternativeDistributionPackageAvailableUpdated", new: newOf[AlternativeDistributionPackageAvailableUpdated],
		instance: "alternativeDistributionPackages", exampleID: packageID},
	{typ: "alternativeDistributionTerritoryAvailabilityUpdated",
		new: newOf[AlternativeDistributionTerritoryAvailabilityUpdated]},
}

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

func (e *AlternativeDistributionPackageVersionCreated) transfer(c *codec) {
	c.alternativeDistribution(&e.MarketplaceAppID, &e.AppID, &e.Timestamp)
	c.instance(&e.PackageVersionID)
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

func (e *AlternativeDistributionPackageAvailableUpdated) transfer(c *codec) {
	c.alternativeDistribution(&e.MarketplaceAppID, &e.AppID, &e.Timestamp)
	c.instance(&e.PackageID)
	c.flag(&e.Available, &c.data.Attributes.Available)
	c.list(&e.Territories, &c.data.Attributes.Territories)
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

func (e *AlternativeDistributionTerritoryAvailabilityUpdated) transfer(c *codec) {
	c.alternativeDistribution(&e.MarketplaceAppID, &e.AppID, &e.Timestamp)
	c.flag(&e.Available, &c.data.Attributes.Available)
	c.list(&e.Territories, &c.data.Attributes.Territories)
}

// alternativeDistribution transfers what these events have in common.
func (c *codec) alternativeDistribution(marketplaceAppID, appID *string, happened *time.Time) {
	c.related(marketplaceAppID, &c.data.Relationships.MarketplaceApp, "apps", false)
	c.text(appID, &c.data.Attributes.AppID)
	c.timestamp(happened)
}
