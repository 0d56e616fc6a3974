package wrapper_test

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestWholePackageVersion: 230 variants and 120 deltas are read and downloaded, each verified. One has a byte wrong,
// one has an expired URL, and one is over the limit: each is said.
func TestWholePackageVersion(t *testing.T) {
	cdn := newCDN(t)
	odd := map[string]error{
		"variant-7": wrapper.ErrChecksum, "variant-229": wrapper.ErrExpired, "delta-119": wrapper.ErrTooLarge,
	}
	files := map[string][]wrapper.PackageFile{}
	for kind, total := range map[string]int{"variant": 230, "delta": 120} {
		for i := range total {
			id := fmt.Sprint(kind, "-", i)
			file := fileAt(cdn, map[error]string{
				wrapper.ErrChecksum: "corrupted", wrapper.ErrExpired: "expired", wrapper.ErrTooLarge: "large",
			}[odd[id]]+id)
			file.ID = id
			files[kind+"s"] = append(files[kind+"s"], file)
		}
	}
	client, sent := scripted(t, func(_ int, sent sentRequest) (int, string) { return 200, pageOf(t, sent.URL, files) })
	downloaded := 0
	for kind, all := range map[string]iter.Seq2[wrapper.PackageFile, error]{
		"variants": client.PackageVersions.Variants(t.Context(), "v7"),
		"deltas":   client.PackageVersions.Deltas(t.Context(), "v7"),
	} {
		read := 0
		for file, err := range all {
			if err != nil {
				t.Fatal(err)
			}
			if want := files[kind][read]; file.ID != want.ID || file.URL.Reveal() != want.URL.Reveal() || file.FileChecksum != want.FileChecksum {
				t.Fatalf("%s[%d]: got %+v, want %+v", kind, read, file, want)
			}
			read++
			var got bytes.Buffer
			n, err := file.Download(t.Context(), cdn.Client(), &got, 100)
			if !errors.Is(err, odd[file.ID]) || n != int64(got.Len()) {
				t.Errorf("%s: got %v, want %v", file.ID, err, odd[file.ID])
			}
			if err == nil && got.String() == string(content(file.ID)) {
				downloaded++
			}
		}
		if read != len(files[kind]) {
			t.Errorf("read %d %s, want %d", read, kind, len(files[kind]))
		}
	}
	if downloaded != 230+120-len(odd) || len(*sent) != 3 {
		t.Errorf("downloaded %d after %d requests", downloaded, len(*sent))
	}
}

// pageOf responds to a request for a list of files, at most 200 at a time.
func pageOf(t *testing.T, sent string, files map[string][]wrapper.PackageFile) string {
	t.Helper()
	u, err := url.Parse(sent)
	if err != nil {
		t.Fatal(err)
	}
	kind := u.Path[strings.LastIndex(u.Path, "/")+1:]
	limit, _ := strconv.Atoi(u.Query().Get("limit"))
	from, _ := strconv.Atoi(u.Query().Get("cursor"))
	to, next := min(from+limit, len(files[kind])), ""
	if to < len(files[kind]) {
		next = fmt.Sprintf(`,"next":"https://other.example/x?cursor=%d"`, to)
	}
	var data []string
	for _, file := range files[kind][from:to] {
		data = append(data, fmt.Sprintf(
			`{"type":"alternativeDistributionPackage%s","id":%q,"attributes":{"url":%q,"fileChecksum":%q}}`,
			strings.ToUpper(kind[:1])+kind[1:], file.ID, file.URL.Reveal(), file.FileChecksum))
	}
	return `{"data":[` + strings.Join(data, ",") + `],"links":{"self":"/"` + next + `}}`
}

func fileAt(cdn *httptest.Server, name string) wrapper.PackageFile {
	return wrapper.PackageFile{
		ID: name, URL: wrapper.NewDownloadURL(cdn.URL + "/files/" + name + "?accessKey=canary"), FileChecksum: sha256Of(content(name)),
	}
}
