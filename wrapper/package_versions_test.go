package wrapper_test

import (
	"testing"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestPackageVersion: with its package; nothing prints the access key that its URL carries.
func TestPackageVersion(t *testing.T) {
	response := `{"data":{"type":"alternativeDistributionPackageVersions","id":"v1","attributes":{` +
		`"url":"https://cdn.example/v1?key=canary","urlExpirationDate":"2026-11-24T10:00:00+01:00",` +
		`"version":"7","fileChecksum":"sum","state":"COMPLETED"},"relationships":{` +
		`"alternativeDistributionPackage":{"data":{"type":"alternativeDistributionPackages","id":"p1"}}}},` +
		`"included":[{"type":"alternativeDistributionPackages","id":"p1"}],"links":{"self":"https://api.example/"}}`
	client, sent := scripted(t, always(200, response))
	got, err := client.PackageVersions.Get(t.Context(), "v1")
	if err != nil {
		t.Fatal(err)
	}
	const wantURL = wrapper.DefaultBaseURL + "/v1/alternativeDistributionPackageVersions/v1?include=alternativeDistributionPackage"
	if gotURL := (*sent)[0].URL; gotURL != wantURL {
		t.Errorf("got  %s\nwant %s", gotURL, wantURL)
	}
	if got.ID != "v1" || got.PackageID != "p1" || got.Version != "7" || got.State != wrapper.PackageVersionCompleted {
		t.Errorf("got %+v", got)
	}
	if got.URL.Reveal() != "https://cdn.example/v1?key=canary" {
		t.Errorf("got %s", got.URL.Reveal())
	}
}

// TestDownloadURLsPrintNoKey: what may hold one is left out.
func TestDownloadURLsPrintNoKey(t *testing.T) {
	for whole, want := range map[string]string{
		"":                                   "",
		"https://cdn.example/file":           "https://cdn.example/file",
		"https://cdn.example/a%20b?key=1":    "https://cdn.example/a%20b?[redacted]",
		"https://user:key@cdn.example/file":  "https://cdn.example/file?[redacted]",
		"https://cdn.example/file#key":       "https://cdn.example/file?[redacted]",
		"https://cdn.example/file;key=1/a?b": "https://cdn.example/file?[redacted]",
		"https://cdn.example/file%3Bkey=1":   "https://cdn.example/file?[redacted]",
		"mailto:key":                         "[redacted]",
		"https://cdn.example/%zz?key":        "[redacted]",
	} {
		if got := wrapper.NewDownloadURL(whole); got.String() != want || got.Reveal() != whole || got.IsZero() != (whole == "") {
			t.Errorf("%s: printed %s, want %s", whole, got, want)
		}
	}
}
