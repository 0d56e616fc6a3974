package sample_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/internal/contract"
	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
)

// TestEventsNameTheSamples: the sandbox serves what they are about.
func TestEventsNameTheSamples(t *testing.T) {
	got := sample.Event("AlternativeDistributionPackageVersionAvailable")
	want := &notification.PackageVersionAvailable{
		MarketplaceAppID: sample.MarketplaceAppID, AppID: sample.AppID,
		PackageID: sample.PackageID, PackageVersionID: sample.PackageVersionID, PackageVersionNum: "1",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	event := sample.Event("alternativeDistributionPackageVersionCreated")
	created := event.(*notification.AlternativeDistributionPackageVersionCreated)
	if created.PackageVersionID != sample.PackageVersionID {
		t.Errorf("got %+v", created)
	}
	if event := sample.Event("AppMoved"); event != nil {
		t.Errorf("got %+v for an unknown type", event)
	}
}

func TestSubscriptions(t *testing.T) {
	for typ, want := range map[string]string{
		"buildUploadStateUpdated":                           "BUILD_UPLOAD_STATE_UPDATED",
		"backgroundAssetVersionAppStoreReleaseStateUpdated": "BACKGROUND_ASSET_VERSION_APP_STORE_RELEASE_STATE_UPDATED",
		"webhookPingCreated":                                "",
		"AppUnavailable":                                    "",
		"":                                                  "",
	} {
		if got := contract.Subscription(typ); got != want {
			t.Errorf("%s: got %q, want %q", typ, got, want)
		}
	}
}

// TestFields: embedded ones too, each as a pointer that sets it.
func TestFields(t *testing.T) {
	event := &notification.BuildUploadStateUpdated{}
	fields := sample.Fields(event)
	if got, want := sample.Names(fields), "instance_id, old, new, timestamp"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	*fields[0].Value.(*string) = "1"
	*fields[3].Value.(*time.Time) = time.Unix(1, 0)
	if event.InstanceID != "1" || event.Timestamp != time.Unix(1, 0) {
		t.Errorf("got %+v", event)
	}
}
