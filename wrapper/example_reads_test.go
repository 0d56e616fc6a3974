package wrapper_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// serving is a client of a service with these resources, by path.
func serving(resources map[string]string) (client *wrapper.Client, stop func()) {
	fake, err := asctest.New()
	if err != nil {
		log.Fatal(err)
	}
	tokens, err := auth.NewTokenSource(auth.Key(fake.Key()))
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, resources[r.URL.Path])
	}))
	client, err = wrapper.NewClient(tokens, wrapper.WithBaseURL(server.URL))
	if err != nil {
		log.Fatal(err)
	}
	return client, server.Close
}

// An app by its bundle ID, and by its ID.
func ExampleApps() {
	const app = `{"type": "apps", "id": "6446048195", "attributes": {"name": "Coffee", "bundleId": "com.example.coffee"}}`
	client, stop := serving(map[string]string{
		"/v1/apps":            `{"data": [` + app + `]}`,
		"/v1/apps/6446048195": `{"data": ` + app + `}`,
	})
	defer stop()
	ctx := context.Background()

	_, err := client.Apps.ByBundleID(ctx, "com.example.tea")
	fmt.Println("no such app:", errors.Is(err, wrapper.ErrNotFound))
	found, err := client.Apps.ByBundleID(ctx, "com.example.coffee")
	if err != nil {
		log.Fatal(err)
	}
	coffee, err := client.Apps.Get(ctx, found.ID)
	fmt.Println(coffee.Name, err)
	// Output:
	// no such app: true
	// Coffee <nil>
}

// A build, its upload, which has the same ID, and its state in TestFlight.
func ExampleBuilds() {
	client, stop := serving(map[string]string{
		"/v1/builds/b1": `{"data": {"type": "builds", "id": "b1", "attributes": {"version": "42"},
			"relationships": {"app": {"data": {"type": "apps", "id": "6446048195"}},
				"preReleaseVersion": {"data": {"type": "preReleaseVersions", "id": "p1"}}}},
			"included": [{"type": "apps", "id": "6446048195", "attributes": {"name": "Coffee"}},
				{"type": "preReleaseVersions", "id": "p1", "attributes": {"version": "1.2", "platform": "IOS"}}]}`,
		"/v1/buildUploads/b1": `{"data": {"type": "buildUploads", "id": "b1", "attributes": {"state": {
			"state": "FAILED", "errors": [{"code": "90189", "description": "Redundant binary upload."}]}}}}`,
		"/v1/buildBetaDetails/d1": `{"data": {"type": "buildBetaDetails", "id": "d1",
			"attributes": {"externalBuildState": "IN_BETA_REVIEW"}}}`,
	})
	defer stop()
	ctx := context.Background()

	upload, err := client.Builds.Upload(ctx, "b1")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(upload.State, upload.Errors)
	build, err := client.Builds.Get(ctx, "b1")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(build.App.Name, build.PreReleaseVersion.Version, build.Version, build.PreReleaseVersion.Platform)
	detail, err := client.Builds.BetaDetail(ctx, "d1")
	fmt.Println(detail.ExternalBuildState, err)
	// Output:
	// FAILED [{90189 Redundant binary upload.}]
	// Coffee 1.2 42 IOS
	// IN_BETA_REVIEW <nil>
}

func ExampleAppStoreVersions_Get() {
	client, stop := serving(map[string]string{
		"/v1/appStoreVersions/v1": `{"data": {"type": "appStoreVersions", "id": "v1",
			"attributes": {"versionString": "1.2", "platform": "IOS", "appVersionState": "IN_REVIEW"},
			"relationships": {"app": {"data": {"type": "apps", "id": "6446048195"}}}},
			"included": [{"type": "apps", "id": "6446048195", "attributes": {"name": "Coffee"}}]}`,
	})
	defer stop()

	version, err := client.AppStoreVersions.Get(context.Background(), "v1")
	fmt.Println(version.App.Name, version.VersionString, version.Platform, version.AppVersionState, err)
	// Output: Coffee 1.2 IOS IN_REVIEW <nil>
}

// What testers write. Their addresses print only where you ask for them.
func ExampleBetaFeedback() {
	const feedback = `"attributes": {"comment": "It froze.", "email": "tester@example.com", "deviceModel": "iPhone17,1",
		"osVersion": "26.1", "screenshots": [{"url": "https://cdn.example/1.png?accessKey=secret", "width": 1179, "height": 2556}]},
		"relationships": {"build": {"data": {"type": "builds", "id": "b1"}}}},
		"included": [{"type": "builds", "id": "b1", "attributes": {"version": "42"}}]`
	client, stop := serving(map[string]string{
		"/v1/betaFeedbackCrashSubmissions/c1":          `{"data": {"type": "betaFeedbackCrashSubmissions", "id": "c1", ` + feedback + `}`,
		"/v1/betaFeedbackCrashSubmissions/c1/crashLog": `{"data": {"type": "betaCrashLogs", "id": "c1", "attributes": {"logText": "Thread 0"}}}`,
		"/v1/betaFeedbackScreenshotSubmissions/s1":     `{"data": {"type": "betaFeedbackScreenshotSubmissions", "id": "s1", ` + feedback + `}`,
	})
	defer stop()
	ctx := context.Background()

	crash, err := client.BetaFeedback.Crash(ctx, "c1")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(crash.Comment, crash.DeviceModel, crash.OSVersion, crash.Build.Version, crash.Email, crash.Email.Reveal())
	crashLog, err := client.BetaFeedback.CrashLog(ctx, "c1")
	fmt.Println(crashLog, err)
	feedbackWithImages, err := client.BetaFeedback.Screenshot(ctx, "s1")
	fmt.Println(feedbackWithImages.Screenshots[0].URL, err)
	// Output:
	// It froze. iPhone17,1 26.1 42 [redacted] tester@example.com
	// Thread 0 <nil>
	// https://cdn.example/1.png?[redacted] <nil>
}

// A version of a background asset, and its releases.
func ExampleBackgroundAssets() {
	release := func(kind string) string {
		return `{"data": {"type": "` + kind + `", "id": "r1", "attributes": {"state": "READY_FOR_TESTING"},
			"relationships": {"backgroundAssetVersion": {"data": {"type": "backgroundAssetVersions", "id": "a1"}}}},
			"included": [{"type": "backgroundAssetVersions", "id": "a1", "attributes": {"version": "3"}}]}`
	}
	const prefix = "/v1/backgroundAssetVersion"
	client, stop := serving(map[string]string{
		prefix + "s/a1": `{"data": {"type": "backgroundAssetVersions", "id": "a1", "attributes": {"version": "3", "state": "COMPLETE"},
			"relationships": {"backgroundAsset": {"data": {"type": "backgroundAssets", "id": "b1"}}}},
			"included": [{"type": "backgroundAssets", "id": "b1", "attributes": {"assetPackIdentifier": "levels"}}]}`,
		prefix + "InternalBetaReleases/r1": release("backgroundAssetVersionInternalBetaReleases"),
		prefix + "ExternalBetaReleases/r1": release("backgroundAssetVersionExternalBetaReleases"),
		prefix + "AppStoreReleases/r1":     release("backgroundAssetVersionAppStoreReleases"),
	})
	defer stop()
	ctx := context.Background()

	version, err := client.BackgroundAssets.Version(ctx, "a1")
	fmt.Println(version.Asset.AssetPackIdentifier, version.Version, version.State, err)
	for _, read := range []func(context.Context, string) (wrapper.BackgroundAssetRelease, error){
		client.BackgroundAssets.InternalBetaRelease,
		client.BackgroundAssets.ExternalBetaRelease,
		client.BackgroundAssets.AppStoreRelease,
	} {
		release, err := read(ctx, "r1")
		fmt.Println(release.Version.Version, release.State, err)
	}
	// Output:
	// levels 3 COMPLETE <nil>
	// 3 READY_FOR_TESTING <nil>
	// 3 READY_FOR_TESTING <nil>
	// 3 READY_FOR_TESTING <nil>
}

// After long downtime: the versions of a package that you know, and which of them is current.
func ExamplePackages() {
	client, stop := serving(map[string]string{
		"/v1/alternativeDistributionPackages/p1": `{"data": {"type": "alternativeDistributionPackages", "id": "p1",
			"attributes": {"sourceFileChecksum": {"file": {"hash": "0cc175b9", "algorithm": "MD5"}}}}}`,
		"/v1/alternativeDistributionPackages/p1/versions": `{"data": [
			{"type": "alternativeDistributionPackageVersions", "id": "v6", "attributes": {"version": "6", "state": "REPLACED"}},
			{"type": "alternativeDistributionPackageVersions", "id": "v7", "attributes": {"version": "7", "state": "COMPLETED"}}]}`,
	})
	defer stop()
	ctx := context.Background()

	pack, err := client.Packages.Get(ctx, "p1")
	fmt.Println(pack.SourceFileChecksum.Algorithm, err)
	for version, err := range client.Packages.Versions(ctx, "p1") {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(version.Version, version.State)
	}
	// Output:
	// MD5 <nil>
	// 6 REPLACED
	// 7 COMPLETED
}

// The event names the version; these reads give the rest, with where to download it.
func ExamplePackageVersions() {
	const file = `"attributes": {"url": "https://cdn.example/f?accessKey=secret", "alternativeDistributionKeyBlob": "Z1HW"}`
	const version = "/v1/alternativeDistributionPackageVersions/v7"
	client, stop := serving(map[string]string{
		version: `{"data": {"type": "alternativeDistributionPackageVersions", "id": "v7", "attributes": {"version": "7"},
			"relationships": {"alternativeDistributionPackage": {"data": {"type": "alternativeDistributionPackages", "id": "p1"}}}}}`,
		version + "/variants": `{"data": [{"type": "alternativeDistributionPackageVariants", "id": "a1", ` + file + `}]}`,
		version + "/deltas":   `{"data": []}`,
	})
	defer stop()
	ctx := context.Background()

	got, err := client.PackageVersions.Get(ctx, "v7")
	fmt.Println(got.PackageID, got.Version, err)
	for variant, err := range client.PackageVersions.Variants(ctx, "v7") {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("variant", variant.ID, variant.URL)
	}
	for delta, err := range client.PackageVersions.Deltas(ctx, "v7") { // they may come later
		fmt.Println("delta", delta.ID, err)
	}
	// Output:
	// p1 7 <nil>
	// variant a1 https://cdn.example/f?[redacted]
}

// Keep the file once it is verified, and read its version again where the URL has expired.
func ExamplePackageFile_Download() {
	cdn := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "the package")
	}))
	defer cdn.Close()
	file := wrapper.PackageFile{ // from PackageVersions
		ID: "a1", URL: wrapper.NewDownloadURL(cdn.URL + "/f?accessKey=secret"),
		FileChecksum: "ab326f16dec533ba65139949246581c016b9d4c77d0de0046e65f48e575372a3",
	}

	temporary, err := os.CreateTemp("", "download-*")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _, _ = temporary.Close(), os.Remove(temporary.Name()) }() // nothing, once it has its name
	n, err := file.Download(context.Background(), cdn.Client(), temporary, 8<<30)
	switch {
	case errors.Is(err, wrapper.ErrExpired):
		fmt.Println("read the version again")
	case err != nil:
		log.Fatal(err)
	default:
		fmt.Println("verified:", n, "bytes") // os.Rename(temporary.Name(), ...)
	}
	// Output: verified: 11 bytes
}
