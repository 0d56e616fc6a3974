package spec

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadUpstreamRefuses(t *testing.T) {
	whole := string(readTestdata(t, "orders.json"))
	for _, test := range []struct{ name, data, want string }{
		{"empty", "", "cut short after 0 bytes"},
		{"truncated", whole[:len(whole)/2], "cut short after"},
		{"not JSON", "<html></html>", "not JSON: invalid character '<'"},
		{"trailing data", whole + "{}", "not one JSON document"},
		{"not an object", "[]", "the JSON is not an object"},
		{"not OpenAPI", `{"hello":"world"}`, `/openapi is ""`},
		{"Swagger 2", `{"swagger":"2.0"}`, `/openapi is ""`},
		{"OpenAPI 3.1", `{"openapi":"3.1.0"}`, `/openapi is "3.1.0"`},
		{"no paths", `{"openapi":"3.0.1","info":{"version":"1"},"components":{}}`, "/paths is not an object"},
		{"no version", `{"openapi":"3.0.1","info":{},"paths":{},"components":{}}`, "/info/version is missing"},
		{"broken archive", "PK\x03\x04...", "zip: not a valid zip file"},
		{"archive without JSON", archive(t, "read.me"), "holds 0 .json files"},
		{"archive with two", archive(t, "a.json", "b.json"), "holds 2 .json files"},
		{"archive of garbage", archive(t, "a.json"), "not JSON"},
	} {
		t.Run(test.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "upstream")
			if err := os.WriteFile(name, []byte(test.data), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := ReadUpstream(name)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			if text := err.Error(); !strings.HasPrefix(text, "spec: "+name) || strings.Contains(text, "\n") {
				t.Errorf("not one line that names the file: %q", text)
			}
		})
	}
}

func TestReadUpstreamNamesAMissingFile(t *testing.T) {
	for _, name := range []string{"nowhere.json", "https://orders.example/spec.zip", ""} {
		if _, err := ReadUpstream(name); err == nil || !strings.Contains(err.Error(), "no such file") {
			t.Errorf("%q: got %v", name, err)
		}
	}
}

func TestReadUpstreamUnpacks(t *testing.T) {
	data := readTestdata(t, "orders.json")
	name := filepath.Join(t.TempDir(), "named-anything")
	packed := pack(t, map[string]io.Reader{
		"docs/read.me":           strings.NewReader("hello"),
		"docs/orders.json":       bytes.NewReader(data),
		"__MACOSX/._orders.json": strings.NewReader("finder's"),
	})
	if err := os.WriteFile(name, packed, 0o600); err != nil {
		t.Fatal(err)
	}
	upstream, err := ReadUpstream(name)
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%x", sha256.Sum256(data)); upstream.SHA256 != want || upstream.Version != "1.2.3" {
		t.Errorf("got %s of %s, want the checksum of the JSON, %s", upstream.SHA256, upstream.Version, want)
	}
}

func TestUnpackingStopsAtTheCap(t *testing.T) {
	const limit = 1 << 20
	bomb := pack(t, map[string]io.Reader{"a.json": io.LimitReader(zeros{}, limit+1)})
	if _, err := unzip(bomb, limit); err == nil || err.Error() != "a.json: more than 1 MiB" {
		t.Errorf("an archive: got %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func archive(t *testing.T, names ...string) string {
	t.Helper()
	files := map[string]io.Reader{}
	for _, name := range names {
		files[name] = strings.NewReader("not JSON")
	}
	return string(pack(t, files))
}

func pack(t *testing.T, files map[string]io.Reader) []byte {
	t.Helper()
	var out bytes.Buffer
	writer := zip.NewWriter(&out)
	writer.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestSpeed)
	})
	for name, content := range files {
		file, err := writer.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(file, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
