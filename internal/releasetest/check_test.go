package releasetest_test

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	rootModule   = "github.com/ascmarketplace/webhooks"
	nestedModule = "notification/pgxstore"
)

// nested is pgxstore's go.mod, with the last lines given.
func nested(lines string) string {
	return "module " + rootModule + "/" + nestedModule + "\n\ngo 1.26\n\n" + lines + "\n"
}

func modules() map[string]string {
	return map[string]string{
		"go.mod":                    "module " + rootModule + "\n\ngo 1.26\n",
		"webhooks.go":               "package webhooks\n",
		"CHANGELOG.md":              "# Changelog\n\n## 1.0.0 - 2026-11-24\n",
		nestedModule + "/go.mod":    nested("require " + rootModule + " v1.0.0"),
		nestedModule + "/store.go":  "package pgxstore\n\nimport _ \"" + rootModule + "\"\n",
		nestedModule + "/README.md": "",
	}
}

// proxy is a module proxy of files that serves the root as v1.0.0.
func proxy(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	versions := filepath.Join(folder, filepath.FromSlash(rootModule), "@v")
	if err := os.MkdirAll(versions, 0o700); err != nil {
		t.Fatal(err)
	}
	files := modules()
	archive, err := os.Create(filepath.Join(versions, "v1.0.0.zip"))
	if err != nil {
		t.Fatal(err)
	}
	zipped := zip.NewWriter(archive)
	for _, name := range []string{"go.mod", "webhooks.go"} {
		w, err := zipped.Create(rootModule + "@v1.0.0/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"v1.0.0.mod": files["go.mod"], "v1.0.0.info": `{"Version":"v1.0.0"}`} {
		if err := os.WriteFile(filepath.Join(versions, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return "file://" + filepath.ToSlash(folder)
}

// check runs release-check, with modules from the proxy only.
func check(t *testing.T, r *repository, args ...string) (string, error) {
	t.Helper()
	r.env = append(r.env, "GOFLAGS=-modcacherw", "GOMODCACHE="+t.TempDir(), "GONOSUMDB=*", "GOPROXY="+proxy(t))
	return r.run("bash", append([]string{".ci/release-check"}, args...)...)
}

func TestReleaseCheckRefuses(t *testing.T) {
	t.Parallel()
	const nestedTag = nestedModule + "/v1.0.0"
	replaced := nested("require " + rootModule + " v1.0.0\n\nreplace " + rootModule + " => ../..")
	for _, test := range []struct {
		name, tag string
		file      string // replaces a valid one
		content   string
		want      string
	}{
		{"no version", "", "", "", "say which"},
		{"a version without v", "1.0.0", "", "", "say which"},
		{"a module that is not released", "examples/marketplace/v1.0.0", "", "", "say which"},
		{"a version without an entry", "v1.1.0", "", "", "CHANGELOG.md has no entry that starts with: ## 1.1.0 - "},
		{"a nested version without an entry", nestedModule + "/v1.1.0", "", "", "no entry that starts with: ## 1.1.0 - "},
		{"a replace", nestedTag, nestedModule + "/go.mod", replaced, "has a replace"},
		{"a root at no version", nestedTag, nestedModule + "/go.mod",
			nested("require " + rootModule + " v0.0.0"), "v0.0.0, which is not a tag; tag the root first"},
		{"a root that is not tagged", nestedTag, nestedModule + "/go.mod",
			nested("require " + rootModule + " v1.2.0"), "v1.2.0, which is not a tag; tag the root first"},
		{"no root", nestedTag, nestedModule + "/go.mod", nested(""), "in no version, which is not a tag"},
		{"a go.mod that is not tidy", nestedTag, nestedModule + "/store.go", "package pgxstore\n", "is not tidy"},
		{"an example that fails", "v1.0.0", "example_test.go",
			"package webhooks_test\n\nfunc Example() {\n\t// Output: more\n}\n", "an example fails"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			files := modules()
			if test.file != "" {
				files[test.file] = test.content
			}
			r := newRepository(t, "release-check", files)
			r.git("tag", "v1.0.0")
			out, err := check(t, r, test.tag)
			if err == nil || !strings.Contains(out, test.want) {
				t.Errorf("got %q and %v, want it refused: %s", out, err, test.want)
			}
		})
	}
}

func TestReleaseCheckRefusesWhatIsNotCommitted(t *testing.T) {
	t.Parallel()
	r := newRepository(t, "release-check", modules())
	r.write("new.go", "package webhooks\n")
	out, err := check(t, r, "v1.0.0")
	if err == nil || !strings.Contains(out, "not committed") {
		t.Errorf("got %q and %v, want it refused", out, err)
	}
}

// The root is tagged while pgxstore still replaces it, and pgxstore when it requires that tag.
func TestReleaseCheckAcceptsTheRootAndThenTheNestedModule(t *testing.T) {
	t.Parallel()
	files := modules()
	files[nestedModule+"/go.mod"] = nested("require " + rootModule + " v0.0.0\n\nreplace " + rootModule + " => ../..")
	r := newRepository(t, "release-check", files)
	if out, err := check(t, r, "v1.0.0"); err != nil || !strings.Contains(out, "v1.0.0 may be tagged") {
		t.Fatalf("the root: %v\n%s", err, out)
	}
	r.git("tag", "v1.0.0")

	r.write(nestedModule+"/go.mod", nested("require "+rootModule+" v1.0.0"))
	r.env = append(r.env, "GOFLAGS=-modcacherw", "GOMODCACHE="+t.TempDir(), "GONOSUMDB=*", "GOPROXY="+proxy(t))
	if out, err := r.run("go", "-C", nestedModule, "mod", "tidy"); err != nil {
		t.Fatalf("go mod tidy: %v\n%s", err, out)
	}
	r.commit()
	if out, err := check(t, r, nestedModule+"/v1.0.0"); err != nil || !strings.Contains(out, "pgxstore/v1.0.0 may be tagged") {
		t.Errorf("pgxstore: %v\n%s", err, out)
	}
}
