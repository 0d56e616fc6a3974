package wrapper_test

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestPackageVersion: with its package, variants and deltas; nothing prints
// the access key that a URL carries.
func TestPackageVersion(t *testing.T) {
	file := func(kind, id string) string {
		return `{"type":"` + kind + `","id":"` + id + `","attributes":{"url":"https://cdn.example/` + id + `?key=canary",` +
			`"urlExpirationDate":"2026-11-24T10:00:00+01:00","fileChecksum":"sum",` +
			`"alternativeDistributionKeyBlob":"blob"}}`
	}
	response := `{"data":{"type":"alternativeDistributionPackageVersions","id":"v1","attributes":{` +
		`"url":"https://cdn.example/v1?key=canary","urlExpirationDate":"2026-11-24T10:00:00+01:00",` +
		`"version":"7","fileChecksum":"sum","state":"COMPLETED"},"relationships":{` +
		`"alternativeDistributionPackage":{"data":{"type":"alternativeDistributionPackages","id":"p1"}},` +
		`"variants":{"meta":{"paging":{"total":51,"limit":50}}},"deltas":{"meta":{"paging":{"total":1,"limit":50}}}}},` +
		`"included":[{"type":"alternativeDistributionPackages","id":"p1"},` +
		file("alternativeDistributionPackageVariants", "a1") + `,` + file("alternativeDistributionPackageDeltas", "e1") +
		`],"links":{"self":"https://api.example/"}}`
	client, sent := scripted(t, always(200, response))
	got, err := client.PackageVersions.Get(t.Context(), "v1")
	if err != nil {
		t.Fatal(err)
	}
	const wantURL = wrapper.DefaultBaseURL + "/v1/alternativeDistributionPackageVersions/v1" +
		"?include=alternativeDistributionPackage%2Cvariants%2Cdeltas&limit%5Bdeltas%5D=50&limit%5Bvariants%5D=50"
	if gotURL := strings.ReplaceAll((*sent)[0].URL, ",", "%2C"); gotURL != wantURL {
		t.Errorf("got  %s\nwant %s", gotURL, wantURL)
	}
	if got.ID != "v1" || got.PackageID != "p1" || got.Version != "7" || got.State != wrapper.PackageVersionCompleted {
		t.Errorf("got %+v", got)
	}
	if len(got.Variants) != 1 || len(got.Deltas) != 1 || got.VariantsTotal != 51 || got.DeltasTotal != 1 || got.Complete {
		t.Errorf("got %+v", got)
	}
	if got.URL.Reveal() != "https://cdn.example/v1?key=canary" || got.Variants[0].URL.Reveal() != "https://cdn.example/a1?key=canary" {
		t.Errorf("got %s and %s", got.URL.Reveal(), got.Variants[0].URL.Reveal())
	}
	encoded, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	printed := fmt.Sprintf("%v %+v %#v %s %q", got, got, got, got.URL, got.URL) + string(encoded)
	if strings.Contains(printed, "canary") || !strings.Contains(printed, "https://cdn.example/e1") {
		t.Errorf("printed %s", printed)
	}
}

// TestPackageVersionOfTheFake is read and downloaded; the download gets no token.
func TestPackageVersionOfTheFake(t *testing.T) {
	server := asctest.NewServer(t, asctest.PackageVersion{
		PackageFile: asctest.PackageFile{ID: "v", Content: []byte("the package")}, PackageID: "p", Version: "7",
		Variants: make([]asctest.PackageFile, 51), Deltas: make([]asctest.PackageFile, 2),
	})
	got, err := connectChecked(t, server).PackageVersions.Get(t.Context(), "v")
	if err != nil {
		t.Fatal(err)
	}
	if got.PackageID != "p" || got.Version != "7" || got.State != wrapper.PackageVersionCompleted ||
		len(got.Variants) != 50 || got.VariantsTotal != 51 || len(got.Deltas) != 2 || got.Complete {
		t.Errorf("got %+v", got)
	}
	if left := time.Until(got.URLExpirationDate); left < 50*time.Minute || left > time.Hour {
		t.Errorf("expires in %v", left)
	}
	response, err := server.Client().Get(got.URL.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if content, _ := io.ReadAll(response.Body); string(content) != "the package" {
		t.Errorf("downloaded %d %q", response.StatusCode, content)
	}
}

// TestDownloadURLPrintsNoKey: wherever in a URL a key may be.
func TestDownloadURLPrintsNoKey(t *testing.T) {
	for from, want := range map[string]string{
		"https://cdn.example/a%20b/c.ipa":          "https://cdn.example/a%20b/c.ipa",
		"https://cdn.example:8443/a?k=canary":      "https://cdn.example:8443/a",
		"https://u:canary@cdn.example/a#canary":    "https://cdn.example/a",
		"https://cdn.example/a;key=canary/b":       "https://cdn.example/a",
		"https://cdn.example/a%3Bkey=canary":       "https://cdn.example/a",
		"https://cdn.example/a?;k=canary#?;canary": "https://cdn.example/a",
		"canary:canary":                            "[redacted]",
		"https://cdn.example/%zz?canary":           "[redacted]",
	} {
		text, err := json.Marshal(from)
		if err != nil {
			t.Fatal(err)
		}
		client, _ := scripted(t, always(200, `{"data":{"type":"alternativeDistributionPackageVersions","id":"v1",`+
			`"attributes":{"url":`+string(text)+`}}}`))
		got, err := client.PackageVersions.Get(t.Context(), "v1")
		if err != nil {
			t.Fatal(err)
		}
		if got.URL.Reveal() != from || got.URL.String() != want {
			t.Errorf("%s: prints %s, want %s", from, got.URL, want)
		}
	}
}
