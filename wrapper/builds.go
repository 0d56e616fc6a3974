package wrapper

import (
	"context"
	"time"

	"github.com/ascmarketplace/webhooks/gen"
)

// Builds is the builds resource, with the uploads of builds and their states in TestFlight.
type Builds struct{ c *Client }

// Build is a build of an app. Where it comes with something else, App and
// PreReleaseVersion are empty: Get has them.
type Build struct {
	ID string
	// Version is the build's number (CFBundleVersion). The version that users
	// see (CFBundleShortVersionString) is PreReleaseVersion.Version.
	Version                      string
	UploadedDate, ExpirationDate time.Time
	Expired                      bool
	ProcessingState              string // PROCESSING, FAILED, INVALID or VALID
	App                          App
	PreReleaseVersion            PreReleaseVersion
}

// PreReleaseVersion is a version of an app in TestFlight; it has builds.
type PreReleaseVersion struct {
	ID       string
	Version  string
	Platform string // IOS, MAC_OS, TV_OS or VISION_OS
}

// Get returns a build with its app and its version. A build and its upload
// have the same ID (seen live).
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-builds-_id_
func (s *Builds) Get(ctx context.Context, id string) (Build, error) {
	params := gen.BuildsGetInstanceParams{Include: []string{"app", "preReleaseVersion"}}
	call := s.c.call(operation{id: "builds_getInstance", invalid: checkID(id)})
	build := single(call, id, newBuild)
	return value(build.result(call.BuildsGetInstance(ctx, id, &params)))
}

func newBuild(from *gen.Build, included []included) (*Build, error) {
	build := buildOf(from.ID, from.Attributes)
	build.App = includedApp(included, from.Relationships.App.Data)
	related := from.Relationships.PreReleaseVersion.Data
	version := attributesOf[gen.PrereleaseVersion_Attributes](included, related)
	build.PreReleaseVersion = PreReleaseVersion{ID: related.ID, Version: version.Version, Platform: string(version.Platform)}
	return &build, checkResource(from.Type, gen.BuildTypeBuilds, from.ID)
}

func (b Build) id() string { return b.ID }

func buildOf(id string, from gen.Build_Attributes) Build {
	return Build{
		ID: id, Version: from.Version, Expired: from.Expired, ProcessingState: string(from.ProcessingState),
		UploadedDate: parseDate(from.UploadedDate), ExpirationDate: parseDate(from.ExpirationDate),
	}
}

// includedBuild is the build that a relationship leads to: its ID alone if it was not included.
func includedBuild(included []included, related gen.RelatedResource) Build {
	return buildOf(related.ID, attributesOf[gen.Build_Attributes](included, related))
}

// BuildUpload is the upload of a build.
type BuildUpload struct {
	ID                         string
	CFBundleShortVersionString string // the version that users see
	CFBundleVersion            string // the build's number
	Platform                   string // IOS, MAC_OS, TV_OS or VISION_OS
	CreatedDate, UploadedDate  time.Time
	State                      string // AWAITING_UPLOAD, PROCESSING, FAILED or COMPLETE
	Errors, Warnings, Infos    []StateDetail
	Build                      Build // empty until there is one
}

// StateDetail is what App Store Connect found in something that was uploaded.
type StateDetail struct{ Code, Description string }

// Upload returns the upload of a build, with what was wrong with it.
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-builduploads-_id_
func (s *Builds) Upload(ctx context.Context, id string) (BuildUpload, error) {
	params := gen.BuildUploadsGetInstanceParams{Include: []string{"build"}}
	call := s.c.call(operation{id: "buildUploads_getInstance", invalid: checkID(id)})
	upload := single(call, id, newBuildUpload)
	return value(upload.result(call.BuildUploadsGetInstance(ctx, id, &params)))
}

func newBuildUpload(from *gen.BuildUpload, included []included) (*BuildUpload, error) {
	attributes, state := from.Attributes, from.Attributes.State
	return &BuildUpload{
		ID: from.ID, Platform: string(attributes.Platform), State: string(state.State),
		CFBundleShortVersionString: attributes.CfBundleShortVersionString, CFBundleVersion: attributes.CfBundleVersion,
		CreatedDate: parseDate(attributes.CreatedDate), UploadedDate: parseDate(attributes.UploadedDate),
		Errors: stateDetails(state.Errors), Warnings: stateDetails(state.Warnings), Infos: stateDetails(state.Infos),
		Build: includedBuild(included, from.Relationships.Build.Data),
	}, checkResource(from.Type, gen.BuildUploadTypeBuildUploads, from.ID)
}

func (u BuildUpload) id() string { return u.ID }

func stateDetails(from []gen.StateDetail) (details []StateDetail) {
	for _, detail := range from {
		details = append(details, StateDetail(detail))
	}
	return details
}

// BuildBetaDetail is the state of a build in TestFlight.
type BuildBetaDetail struct {
	ID                 string
	InternalBuildState string // such as READY_FOR_BETA_TESTING
	ExternalBuildState string // such as WAITING_FOR_BETA_REVIEW
	AutoNotifyEnabled  bool
	Build              Build
}

// BetaDetail returns the state of a build in TestFlight.
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-buildbetadetails-_id_
func (s *Builds) BetaDetail(ctx context.Context, id string) (BuildBetaDetail, error) {
	params := gen.BuildBetaDetailsGetInstanceParams{Include: []string{"build"}}
	call := s.c.call(operation{id: "buildBetaDetails_getInstance", invalid: checkID(id)})
	detail := single(call, id, newBuildBetaDetail)
	return value(detail.result(call.BuildBetaDetailsGetInstance(ctx, id, &params)))
}

func newBuildBetaDetail(from *gen.BuildBetaDetail, included []included) (*BuildBetaDetail, error) {
	return &BuildBetaDetail{
		ID: from.ID, InternalBuildState: string(from.Attributes.InternalBuildState),
		ExternalBuildState: string(from.Attributes.ExternalBuildState), AutoNotifyEnabled: from.Attributes.AutoNotifyEnabled,
		Build: includedBuild(included, from.Relationships.Build.Data),
	}, checkResource(from.Type, gen.BuildBetaDetailTypeBuildBetaDetails, from.ID)
}

func (d BuildBetaDetail) id() string { return d.ID }
