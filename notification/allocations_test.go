package notification_test

import (
	"testing"

	"github.com/ascmarketplace/webhooks/notification"
)

// TestDecodeAllocations holds what decoding each type allocates, Raw included.
func TestDecodeAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates too")
	}
	want := map[string]float64{
		"app_unavailable.json":                                       16,
		"app_version_unavailable.json":                               20,
		"app_versions_unavailable.json":                              20,
		"package_version_available.json":                             18,
		"alternativeDistributionPackageAvailableUpdated.json":        55, // 27 territories
		"alternativeDistributionPackageVersionCreated.json":          21,
		"alternativeDistributionTerritoryAvailabilityUpdated.json":   53,
		"appStoreVersionAppVersionStateUpdated.json":                 20,
		"backgroundAssetVersionAppStoreReleaseStateUpdated.json":     20,
		"backgroundAssetVersionExternalBetaReleaseStateUpdated.json": 20,
		"backgroundAssetVersionInternalBetaReleaseCreated.json":      18,
		"backgroundAssetVersionStateUpdated.json":                    20,
		"betaFeedbackCrashSubmissionCreated.json":                    18,
		"betaFeedbackScreenshotSubmissionCreated.json":               18,
		"buildBetaDetailExternalBuildStateUpdated.json":              20,
		"buildUploadStateUpdated.json":                               19,
		"webhookPingCreated.json":                                    14,
	}
	for name, body := range fixtures(t) {
		got := testing.AllocsPerRun(100, func() {
			if _, err := notification.Decode(body); err != nil {
				t.Fatal(err)
			}
		})
		if got > want[name] {
			t.Errorf("%s: %v allocations, want at most %v", name, got, want[name])
		}
	}
}
