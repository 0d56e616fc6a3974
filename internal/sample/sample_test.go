package sample_test

import (
	"cmp"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
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

func TestSnake(t *testing.T) {
	for name, want := range map[string]string{
		"ID": "id", "InstanceID": "instance_id", "PackageIDs": "package_ids", "OSVersion": "os_version", "SKU": "sku",
		"CFBundleShortVersionString": "cf_bundle_short_version_string", "URLExpirationDate": "url_expiration_date", "": "",
	} {
		if got := sample.Snake(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
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

// TestEventsLeadToResources: of each event of an app, its instance is there, with all that is included.
func TestEventsLeadToResources(t *testing.T) {
	there := map[[2]string]bool{
		{"alternativeDistributionPackages", sample.PackageID}:               true, // of the sandbox's package version
		{"alternativeDistributionPackageVersions", sample.PackageVersionID}: true,
	}
	var options []asctest.Option
	for _, r := range sample.Resources() {
		there[[2]string{r.Type, r.ID}] = true
		options = append(options, r)
	}
	if _, err := asctest.New(options...); err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, n := range notification.Examples() {
		text, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		var shown struct {
			Data struct {
				Relationships struct {
					Instance struct {
						Type, ID string // of a flat one
						Data     struct{ Type, ID string }
					}
				}
			}
		}
		_ = json.Unmarshal(text, &shown)
		instance := shown.Data.Relationships.Instance
		key := [2]string{cmp.Or(instance.Type, instance.Data.Type), cmp.Or(instance.ID, instance.Data.ID)}
		if key[0] == "" {
			continue
		}
		count++
		if !there[key] {
			t.Errorf("%s: there is no %s %s", n.Type, key[0], key[1])
		}
	}
	if count != 11 { // all but the one on territories
		t.Errorf("%d events have an instance, want 11", count)
	}
}
