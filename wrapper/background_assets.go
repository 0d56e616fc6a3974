package wrapper

import (
	"context"
	"time"

	"github.com/ascmarketplace/webhooks/gen"
)

// BackgroundAssets is the backgroundAssetVersions resource, with its releases.
type BackgroundAssets struct{ c *Client }

// BackgroundAssetVersion is a version of a background asset. Where it comes
// with a release, Asset is empty: Version has it.
type BackgroundAssetVersion struct {
	ID                      string
	Version                 string
	State                   string // AWAITING_UPLOAD, PROCESSING, FAILED or COMPLETE
	Errors, Warnings, Infos []StateDetail
	Platforms               []string // of IOS, MAC_OS, TV_OS and VISION_OS
	Locale                  string
	CreatedDate             time.Time
	Asset                   BackgroundAsset
}

// BackgroundAsset is what an app downloads apart from itself.
type BackgroundAsset struct {
	ID                  string
	AssetPackIdentifier string
	Archived            bool
	UsedBytes           int64
	CreatedDate         time.Time
}

// BackgroundAssetRelease is the release of a background asset version to
// internal testers, to external testers, or on the App Store.
type BackgroundAssetRelease struct {
	ID      string
	State   string // such as READY_FOR_TESTING
	Version BackgroundAssetVersion
}

// Version returns a version of a background asset, with what was wrong with it.
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-backgroundassetversions-_id_
func (s *BackgroundAssets) Version(ctx context.Context, id string) (BackgroundAssetVersion, error) {
	params := gen.BackgroundAssetVersionsGetInstanceParams{Include: []string{"backgroundAsset"}}
	call := s.c.call(operation{id: "backgroundAssetVersions_getInstance", invalid: checkID(id)})
	version := single(call, id, newBackgroundAssetVersion)
	return value(version.result(call.BackgroundAssetVersionsGetInstance(ctx, id, &params)))
}

func newBackgroundAssetVersion(from *gen.BackgroundAssetVersion, included []included) (*BackgroundAssetVersion, error) {
	version := backgroundAssetVersionOf(from.ID, from.Attributes)
	related := from.Relationships.BackgroundAsset.Data
	asset := attributesOf[gen.BackgroundAsset_Attributes](included, related)
	version.Asset = BackgroundAsset{
		ID: related.ID, AssetPackIdentifier: asset.AssetPackIdentifier, Archived: asset.Archived,
		UsedBytes: asset.UsedBytes, CreatedDate: parseDate(asset.CreatedDate),
	}
	return &version, checkResource(from.Type, gen.BackgroundAssetVersionTypeBackgroundAssetVersions, from.ID)
}

func (v BackgroundAssetVersion) id() string { return v.ID }

func backgroundAssetVersionOf(id string, from gen.BackgroundAssetVersion_Attributes) BackgroundAssetVersion {
	details := from.StateDetails
	return BackgroundAssetVersion{
		ID: id, Version: from.Version, State: string(from.State),
		Errors: stateDetails(details.Errors), Warnings: stateDetails(details.Warnings), Infos: stateDetails(details.Infos),
		Platforms: retyped[string](from.Platforms), Locale: from.Locale, CreatedDate: parseDate(from.CreatedDate),
	}
}

// InternalBetaRelease returns the release of a version to internal testers.
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-backgroundassetversioninternalbetareleases-_id_
func (s *BackgroundAssets) InternalBetaRelease(ctx context.Context, id string) (BackgroundAssetRelease, error) {
	params := gen.BackgroundAssetVersionInternalBetaReleasesGetInstanceParams{Include: []string{"backgroundAssetVersion"}}
	call := s.c.call(operation{id: "backgroundAssetVersionInternalBetaReleases_getInstance", invalid: checkID(id)})
	release := single(call, id, newRelease("backgroundAssetVersionInternalBetaReleases"))
	return value(release.result(call.BackgroundAssetVersionInternalBetaReleasesGetInstance(ctx, id, &params)))
}

// ExternalBetaRelease returns the release of a version to external testers.
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-backgroundassetversionexternalbetareleases-_id_
func (s *BackgroundAssets) ExternalBetaRelease(ctx context.Context, id string) (BackgroundAssetRelease, error) {
	params := gen.BackgroundAssetVersionExternalBetaReleasesGetInstanceParams{Include: []string{"backgroundAssetVersion"}}
	call := s.c.call(operation{id: "backgroundAssetVersionExternalBetaReleases_getInstance", invalid: checkID(id)})
	release := single(call, id, newRelease("backgroundAssetVersionExternalBetaReleases"))
	return value(release.result(call.BackgroundAssetVersionExternalBetaReleasesGetInstance(ctx, id, &params)))
}

// AppStoreRelease returns the release of a version on the App Store.
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-backgroundassetversionappstorereleases-_id_
func (s *BackgroundAssets) AppStoreRelease(ctx context.Context, id string) (BackgroundAssetRelease, error) {
	params := gen.BackgroundAssetVersionAppStoreReleasesGetInstanceParams{Include: []string{"backgroundAssetVersion"}}
	call := s.c.call(operation{id: "backgroundAssetVersionAppStoreReleases_getInstance", invalid: checkID(id)})
	release := single(call, id, newRelease("backgroundAssetVersionAppStoreReleases"))
	return value(release.result(call.BackgroundAssetVersionAppStoreReleasesGetInstance(ctx, id, &params)))
}

// newRelease converts each of the three, which differ in their type only.
func newRelease(
	wantType string,
) func(*gen.BackgroundAssetVersionAppStoreRelease, []included) (*BackgroundAssetRelease, error) {
	return func(from *gen.BackgroundAssetVersionAppStoreRelease, included []included) (*BackgroundAssetRelease, error) {
		related := from.Relationships.BackgroundAssetVersion.Data
		version := attributesOf[gen.BackgroundAssetVersion_Attributes](included, related)
		return &BackgroundAssetRelease{
			ID: from.ID, State: string(from.Attributes.State), Version: backgroundAssetVersionOf(related.ID, version),
		}, checkResource(string(from.Type), wantType, from.ID)
	}
}

func (r BackgroundAssetRelease) id() string { return r.ID }
