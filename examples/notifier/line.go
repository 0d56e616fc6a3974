package main

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// reader finds out what an event is about.
type reader struct {
	client *wrapper.Client
	appID  string // the webhook's: every event but those of alternative distribution is about it
}

// about is what a line tells beside the app.
type about struct{ version, build, platform, news string }

// line returns one line. What can't be read any more is left out. Other errors are worth another try.
func (r reader) line(ctx context.Context, n *notification.Notification) (string, error) {
	app := "app " + cmp.Or(n.AppID, r.appID)
	if n.AppID == "" {
		found, err := r.client.Apps.Get(ctx, r.appID)
		if err != nil && !isGone(err) {
			return "", err
		}
		app = cmp.Or(found.Name, app)
	}
	a, err := r.about(ctx, n)
	if isGone(err) {
		a, err = about{news: n.Type + " about something that can't be read (notification " + n.ID + ")"}, nil
	}
	if a.build != "" {
		a.build = "(" + a.build + ")"
	}
	words := strings.Join([]string{app, a.version, a.build, a.platform, "-", a.news}, " ")
	return strings.Join(strings.Fields(words), " "), err
}

// isGone reports that another try would find no more: there is no such thing, or the key may not see it.
func isGone(err error) bool {
	return errors.Is(err, wrapper.ErrNotFound) || errors.Is(err, wrapper.ErrForbidden)
}

func (r reader) about(ctx context.Context, n *notification.Notification) (about, error) {
	c := r.client
	switch e := n.Event.(type) {
	case *notification.BuildUploadStateUpdated:
		u, err := c.Builds.Upload(ctx, e.InstanceID)
		return about{u.CFBundleShortVersionString, u.CFBundleVersion, u.Platform, "build upload " + e.New + texts(u.Errors)}, err
	case *notification.AppStoreVersionAppVersionStateUpdated:
		v, err := c.AppStoreVersions.Get(ctx, e.InstanceID)
		return about{v.VersionString, v.Build.Version, v.Platform, "App Store version " + e.New}, err
	case *notification.BuildBetaDetailExternalBuildStateUpdated:
		d, err := c.Builds.BetaDetail(ctx, e.InstanceID)
		return r.build(ctx, d.Build.ID, "TestFlight "+e.New, err)
	case *notification.BetaFeedbackCrashSubmissionCreated:
		f, err := c.BetaFeedback.Crash(ctx, e.InstanceID)
		return r.build(ctx, f.Build.ID, "crash on "+f.DeviceModel+", "+f.OSVersion+": "+f.Comment, err)
	case *notification.BetaFeedbackScreenshotSubmissionCreated:
		f, err := c.BetaFeedback.Screenshot(ctx, e.InstanceID)
		return r.build(ctx, f.Build.ID, "screenshot from "+f.DeviceModel+", "+f.OSVersion+": "+f.Comment, err)
	case *notification.BackgroundAssetVersionStateUpdated:
		return r.asset(ctx, e.InstanceID, e.New, nil)
	case *notification.BackgroundAssetVersionInternalBetaReleaseCreated:
		release, err := c.BackgroundAssets.InternalBetaRelease(ctx, e.InstanceID)
		return r.asset(ctx, release.Version.ID, "released to internal testers", err)
	case *notification.BackgroundAssetVersionExternalBetaReleaseStateUpdated:
		release, err := c.BackgroundAssets.ExternalBetaRelease(ctx, e.InstanceID)
		return r.asset(ctx, release.Version.ID, "release to external testers "+e.New, err)
	case *notification.BackgroundAssetVersionAppStoreReleaseStateUpdated:
		release, err := c.BackgroundAssets.AppStoreRelease(ctx, e.InstanceID)
		return r.asset(ctx, release.Version.ID, "release on the App Store "+e.New, err)
	case *notification.AlternativeDistributionPackageVersionCreated:
		v, err := c.PackageVersions.Get(ctx, e.PackageVersionID)
		return about{version: v.Version, news: "new package version"}, err
	case *notification.AlternativeDistributionPackageAvailableUpdated:
		versions, err := r.completed(ctx, e.PackageID)
		return about{version: versions, news: offered(e.Available, e.Territories)}, err
	case *notification.AlternativeDistributionTerritoryAvailabilityUpdated:
		return about{news: offered(e.Available, e.Territories)}, nil
	}
	return about{news: n.Type}, nil
}

func (r reader) build(ctx context.Context, id, news string, err error) (about, error) {
	b, buildErr := r.client.Builds.Get(ctx, id) // which sends nothing without an ID
	return about{b.PreReleaseVersion.Version, b.Version, b.PreReleaseVersion.Platform, news}, cmp.Or(err, buildErr)
}

func (r reader) asset(ctx context.Context, versionID, news string, err error) (about, error) {
	v, versionErr := r.client.BackgroundAssets.Version(ctx, versionID)
	name := "asset pack " + v.Asset.AssetPackIdentifier + " " + v.Version
	return about{version: name, platform: strings.Join(v.Platforms, "+"), news: news + texts(v.Errors)}, cmp.Or(err, versionErr)
}

// completed are the versions of a package that are not replaced.
func (r reader) completed(ctx context.Context, packageID string) (string, error) {
	var versions []string
	for v, err := range r.client.Packages.Versions(ctx, packageID) {
		if err != nil {
			return "", err
		}
		if v.State != wrapper.PackageVersionReplaced {
			versions = append(versions, v.Version)
		}
	}
	return strings.Join(versions, ", "), nil
}

func texts(errors []wrapper.StateDetail) (text string) {
	for _, detail := range errors {
		text += " - " + detail.Code + " " + detail.Description
	}
	return text
}

func offered(available bool, territories []string) string {
	return map[bool]string{true: "may", false: "may no longer"}[available] + " be offered in " + strings.Join(territories, ", ")
}
