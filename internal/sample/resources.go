package sample

import "github.com/ascmarketplace/webhooks/asctest"

// instanceID is the ID of what the events of an app are about, whatever its type.
const instanceID = "7e3f1d64-52c8-4d0b-b0a4-1f9a6e2c8b03"

// Resources returns what the events of an app are about, with what leads to the app, after the change that they tell of.
// The names and texts are invented. The app is the one whose webhooks hear of them.
func Resources() []asctest.Resource {
	type attributes = map[string]any
	of := func(name string) map[string][]string { return map[string][]string{name: {instanceID}} }
	state := attributes{"state": "COMPLETE"}
	feedback := attributes{
		"createdDate": "2026-01-02T03:04:05Z", "comment": "It stopped when I tapped Pay.", "email": "tester@example.com",
		"deviceModel": "iPhone17_1", "osVersion": "26.1", "locale": "de-DE", "appPlatform": "IOS",
		"buildBundleId": "com.example.app",
	}
	resources := []asctest.Resource{
		{Type: "apps", ID: MarketplaceAppID, Attributes: attributes{
			"name": "Example", "bundleId": "com.example.app", "sku": "EXAMPLE",
		}},
		{Type: "preReleaseVersions", ID: instanceID, Attributes: attributes{"version": "1.2", "platform": "IOS"}},
		{Type: "builds", ID: instanceID, Attributes: attributes{"version": "42", "processingState": "VALID"},
			Relationships: map[string][]string{"app": {MarketplaceAppID}, "preReleaseVersion": {instanceID}}},
		{Type: "buildUploads", ID: instanceID, Attributes: attributes{
			"cfBundleShortVersionString": "1.2", "cfBundleVersion": "42", "platform": "IOS", "state": state,
		}, Relationships: of("build")},
		{Type: "buildBetaDetails", ID: instanceID, Attributes: attributes{
			"internalBuildState": "IN_BETA_TESTING", "externalBuildState": "BETA_APPROVED",
		}, Relationships: of("build")},
		{Type: "appStoreVersions", ID: instanceID, Attributes: attributes{
			"versionString": "1.2", "platform": "IOS", "appVersionState": "READY_FOR_REVIEW",
		}, Relationships: map[string][]string{"app": {MarketplaceAppID}, "build": {instanceID}}},
		{Type: "betaCrashLogs", ID: instanceID, Attributes: attributes{"logText": "Exception Type: EXC_CRASH (SIGABRT)\n"}},
		{Type: "betaFeedbackCrashSubmissions", ID: instanceID, Attributes: feedback,
			Relationships: map[string][]string{"build": {instanceID}, "crashLog": {instanceID}}},
		{Type: "betaFeedbackScreenshotSubmissions", ID: instanceID, Attributes: feedback, Relationships: of("build")},
		{Type: "backgroundAssets", ID: instanceID, Attributes: attributes{"assetPackIdentifier": "com.example.app.levels"}},
		{Type: "backgroundAssetVersions", ID: instanceID, Attributes: attributes{
			"version": "3", "platforms": []string{"IOS"}, "state": "COMPLETE",
		}, Relationships: of("backgroundAsset")},
	}
	for kind, state := range map[string]string{
		"InternalBeta": "READY_FOR_TESTING", "ExternalBeta": "READY_FOR_TESTING", "AppStore": "READY_FOR_DISTRIBUTION",
	} {
		resources = append(resources, asctest.Resource{
			Type: "backgroundAssetVersion" + kind + "Releases", ID: instanceID, Attributes: attributes{"state": state},
			Relationships: of("backgroundAssetVersion"),
		})
	}
	return resources
}
