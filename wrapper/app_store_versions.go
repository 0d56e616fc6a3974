package wrapper

import (
	"context"
	"time"

	"github.com/ascmarketplace/webhooks/gen"
)

// AppStoreVersions is the appStoreVersions resource.
type AppStoreVersions struct{ c *Client }

// AppStoreVersion is a version of an app on the App Store, or on its way there.
type AppStoreVersion struct {
	ID                  string
	VersionString       string
	Platform            string // IOS, MAC_OS, TV_OS or VISION_OS
	AppVersionState     string // such as WAITING_FOR_REVIEW
	ReviewType          string // APP_STORE or NOTARIZATION
	ReleaseType         string // MANUAL, AFTER_APPROVAL or SCHEDULED
	EarliestReleaseDate time.Time
	CreatedDate         time.Time
	App                 App
	Build               Build // empty until one is chosen
}

// Get returns a version of an app, with the app and the build.
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-appstoreversions-_id_
func (s *AppStoreVersions) Get(ctx context.Context, id string) (AppStoreVersion, error) {
	params := gen.AppStoreVersionsGetInstanceParams{Include: []string{"app", "build"}}
	call := s.c.call(operation{id: "appStoreVersions_getInstance", invalid: checkID(id)})
	version := single(call, id, newAppStoreVersion)
	return value(version.result(call.AppStoreVersionsGetInstance(ctx, id, &params)))
}

func newAppStoreVersion(from *gen.AppStoreVersion, included []included) (*AppStoreVersion, error) {
	attributes := from.Attributes
	return &AppStoreVersion{
		ID: from.ID, VersionString: attributes.VersionString, Platform: string(attributes.Platform),
		AppVersionState: string(attributes.AppVersionState), ReviewType: string(attributes.ReviewType),
		ReleaseType: string(attributes.ReleaseType), EarliestReleaseDate: parseDate(attributes.EarliestReleaseDate),
		CreatedDate: parseDate(attributes.CreatedDate),
		App:         includedApp(included, from.Relationships.App.Data),
		Build:       includedBuild(included, from.Relationships.Build.Data),
	}, checkResource(from.Type, gen.AppStoreVersionTypeAppStoreVersions, from.ID)
}

func (v AppStoreVersion) id() string { return v.ID }
