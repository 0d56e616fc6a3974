package asctest_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/racetest"
)

const packageVersions = "/v1/alternativeDistributionPackageVersions/"

type shownVersion struct {
	Data struct {
		Attributes    shownFile
		Relationships map[string]struct {
			Data any
			Meta struct{ Paging struct{ Total, Limit int } }
		}
	}
	Included []struct {
		Type, ID   string
		Attributes shownFile
	}
}

type shownFile struct {
	URL, URLExpirationDate, Version, FileChecksum, State, AlternativeDistributionKeyBlob string
}

func (c *caller) version(path string) (shown shownVersion) {
	c.t.Helper()
	got := c.expect(200, "", "GET", packageVersions+path, "")
	if err := json.Unmarshal([]byte(got.body), &shown); err != nil {
		c.t.Fatal(err)
	}
	return shown
}

// download gets a URL, with a token if asked to.
func (c *caller) download(url, token string) (status int, body string) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, url, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", token)
	}
	response, err := c.client.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	content, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(content)
}

func TestPackageVersionIsReadAndDownloaded(t *testing.T) {
	t.Parallel()
	file := func(i int) asctest.PackageFile {
		return asctest.PackageFile{ID: fmt.Sprint("f", i), Content: []byte(fmt.Sprint(i))}
	}
	v := asctest.PackageVersion{PackageFile: asctest.PackageFile{Content: []byte("the package")}, PackageID: "p", Version: "7"}
	for i := range 60 {
		v.Variants = append(v.Variants, file(i))
	}
	v.Deltas = []asctest.PackageFile{file(100)}
	const id = "v"
	v.ID = id
	c := newCaller(t, v)

	shown := c.version(id + "?include=alternativeDistributionPackage,variants,deltas&limit[deltas]=50")
	got := shown.Data.Attributes
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte("the package")))
	if got.Version != "7" || got.State != "COMPLETED" || got.FileChecksum != sum {
		t.Errorf("got %+v", got)
	}
	variants := shown.Data.Relationships["variants"].Meta.Paging
	if len(shown.Included) != 1+50+1 || variants.Total != 60 || variants.Limit != 50 {
		t.Errorf("%d included, variants %+v", len(shown.Included), variants)
	}
	if status, body := c.download(got.URL, ""); status != 200 || body != "the package" {
		t.Errorf("download: %d %s", status, body)
	}
	last := shown.Included[51].Attributes
	if status, body := c.download(last.URL, ""); status != 200 || body != "100" ||
		last.AlternativeDistributionKeyBlob == "" {
		t.Errorf("download of the delta: %d %s", status, body)
	}
	if few := c.version(id + "?include=variants&limit[variants]=3"); len(few.Included) != 3 {
		t.Errorf("%d included, want 3", len(few.Included))
	}
	if none := c.version(id); len(none.Included) != 0 || none.Data.Relationships["variants"].Data != nil {
		t.Errorf("got %+v without include", none)
	}
	c.expect(404, "NOT_FOUND", "GET", packageVersions+"unknown", "")
	c.expect(400, "PARAMETER_ERROR.INVALID", "GET", packageVersions+id+"?limit[variants]=51", "")

	_ = c.server.Update(func(s *asctest.State) { s.PackageVersions[0].State = "REPLACED" })
	if got := c.version(id).Data.Attributes.State; got != "REPLACED" {
		t.Errorf("replaced, but the state is %s", got)
	}
}

// TestLargePackageVersionIsReadWhole: the first fifty variants are included, and pages have all.
func TestLargePackageVersionIsReadWhole(t *testing.T) {
	t.Parallel()
	if racetest.Enabled {
		t.Skip("nothing here is concurrent, and the race detector takes ten times as long")
	}
	v := asctest.PackageVersion{PackageFile: asctest.PackageFile{ID: "v"}, PackageID: "p", Version: "7"}
	for i := range 230 {
		v.Variants = append(v.Variants, asctest.PackageFile{ID: fmt.Sprint("v", i), Content: []byte{byte(i)}})
	}
	for i := range 120 {
		v.Deltas = append(v.Deltas, asctest.PackageFile{ID: fmt.Sprint("d", i), Content: []byte{byte(i)}})
	}
	c := newCaller(t, v, asctest.PackageVersion{PackageID: "p", Version: "8"})
	if shown := c.version("v?include=variants,deltas"); len(shown.Included) != 100 || shown.Included[50].ID != "d0" {
		t.Errorf("%d included", len(shown.Included))
	}
	for name, want := range map[string]int{"variants": 230, "deltas": 120} {
		var ids []string
		for path := packageVersions + "v/" + name + "?limit=100"; path != ""; {
			var shown struct {
				Data []struct {
					ID         string
					Attributes shownFile
				}
				Links struct{ Next string }
			}
			_ = json.Unmarshal([]byte(c.expect(200, "", "GET", path, "").body), &shown)
			for _, file := range shown.Data {
				ids = append(ids, file.ID)
			}
			if status, body := c.download(shown.Data[0].Attributes.URL, ""); status != 200 || len(body) != 1 {
				t.Errorf("%d, %d bytes", status, len(body))
			}
			path = ""
			if _, after, more := strings.Cut(shown.Links.Next, c.server.URL); more {
				path = after
			}
		}
		slices.Sort(ids)
		if got := len(slices.Compact(ids)); got != want {
			t.Errorf("%d %s, want %d", got, name, want)
		}
	}
	const few, all = packageVersions + "v/variants?limit=1&fields[alternativeDistributionPackageVariants]=url", packageVersions + "v/variants?limit=1"
	for path, want := range map[string]bool{few: false, all: true} {
		for range 2 { // in either order
			if got := strings.Contains(c.expect(200, "", "GET", path, "").body, "alternativeDistributionKeyBlob"); got != want {
				t.Errorf("%s: key blob %v", path, got)
			}
			c.expect(200, "", "GET", few, "")
		}
	}
	versions := c.expect(200, "", "GET", "/v1/alternativeDistributionPackages/p/versions?include=alternativeDistributionPackage", "")
	if strings.Count(versions.body, `"version":`) != 2 ||
		strings.Count(versions.body, `"type":"alternativeDistributionPackages","id":"p"`) != 3 {
		t.Error(versions.body)
	}
}

func TestDownloadURLExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := pipeCaller(t, asctest.PackageVersion{
			PackageFile: asctest.PackageFile{ID: "v+1", Content: []byte("x")}, URLLifetime: time.Minute,
		})
		shown := c.version("v%2B1").Data.Attributes
		expires, err := time.Parse(time.RFC3339, shown.URLExpirationDate)
		if err != nil || time.Until(expires) != time.Minute || !strings.HasSuffix(shown.URLExpirationDate, "+00:00") {
			t.Errorf("expires at %s, %v", shown.URLExpirationDate, err)
		}
		url := shown.URL
		try := func(name, url string, want int) {
			t.Helper()
			if status, body := c.download(url, ""); status != want || status != 200 && strings.Contains(body, "x\n") {
				t.Errorf("%s: %d %s, want %d", name, status, body, want)
			}
		}
		try("in time", url, 200)
		try("without its key", url[:strings.Index(url, "?")], 403)
		try("with another expiry", strings.Replace(url, "expires=", "expires=9", 1), 403)
		try("of another file", strings.Replace(url, "v+1", "v2", 1), 403)
		time.Sleep(time.Minute)
		try("expired", url, 403)
		try("read again", c.version("v%2B1").Data.Attributes.URL, 200)
		c.server.FailNext(asctest.Fault{Operation: asctest.Download, Status: 503})
		try("with a fault", c.version("v%2B1").Data.Attributes.URL, 503)
	})
}

// TestTokenSentToADownload fails the test of whoever gives it away.
func TestTokenSentToADownload(t *testing.T) {
	t.Parallel()
	told := &witness{TB: t}
	c := newCallerOf(t, asctest.NewServer(told, asctest.PackageVersion{PackageFile: asctest.PackageFile{ID: "v"}}))
	url := c.version("v").Data.Attributes.URL
	c.download(url, "Bearer canary")
	if len(told.failures) != 1 || !strings.Contains(told.failures[0], "token was sent to a download URL") ||
		strings.Contains(told.failures[0], "canary") {
		t.Errorf("told %q", told.failures)
	}
}
