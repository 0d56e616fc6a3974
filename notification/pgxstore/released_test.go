package pgxstore_test

import (
	"archive/zip"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const rootModule = "github.com/ascmarketplace/webhooks"

// An importer gets this module without its replace. So a copy of it, far from
// the root, has to build against a released root: one that comes from a
// module proxy as a zip.
func TestReleased(t *testing.T) {
	const version = "v1.0.0"
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	folder := t.TempDir()
	files := strings.FieldsFunc(run(t, "../..", "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"),
		func(r rune) bool { return r == 0 })
	for _, name := range files {
		if local, ours := strings.CutPrefix(name, "notification/pgxstore/"); ours {
			write(t, filepath.Join(folder, "copy", local), read(t, local))
		}
	}
	proxy := "file://" + filepath.ToSlash(release(t, filepath.Join(folder, "proxy"), version, files))

	// What others wrote comes from where the go command has it already.
	cached := "file://" + filepath.ToSlash(strings.TrimSpace(run(t, ".", "go", "env", "GOMODCACHE"))) + "/cache/download"
	for name, value := range map[string]string{
		"GOMODCACHE": filepath.Join(folder, "modules"), "GOPROXY": proxy + "," + cached,
		"GOFLAGS": "-mod=mod -modcacherw -trimpath", "GOSUMDB": "off", "GONOPROXY": "", "GOPRIVATE": "", "GOWORK": "off",
	} {
		t.Setenv(name, value)
	}
	copied := filepath.Join(folder, "copy")
	run(t, copied, "go", "mod", "edit", "-dropreplace="+rootModule, "-require="+rootModule+"@"+version)
	run(t, copied, "go", "build", "./...")
	if got, want := run(t, copied, "go", "list", "-m", rootModule), rootModule+" "+version+"\n"; got != want {
		t.Errorf("built against %q, want %q", got, want)
	}
}

// release makes a module proxy that has the root as one version, and returns its folder.
func release(t *testing.T, folder, version string, files []string) string {
	t.Helper()
	versions := filepath.Join(folder, filepath.FromSlash(rootModule), "@v")
	write(t, filepath.Join(versions, version+".info"), []byte(`{"Version":"`+version+`"}`))
	write(t, filepath.Join(versions, version+".mod"), read(t, "../../go.mod"))
	archive, err := os.Create(filepath.Join(versions, version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = archive.Close() }()
	zipped := zip.NewWriter(archive)
	for _, name := range files {
		if inNested(name, files) {
			continue
		}
		w, err := zipped.Create(rootModule + "@" + version + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(read(t, filepath.Join("../..", name))); err != nil {
			t.Fatal(err)
		}
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return folder
}

// inNested reports whether a file belongs to a module of its own below the root.
func inNested(name string, files []string) bool {
	for folder := path.Dir(name); folder != "."; folder = path.Dir(folder) {
		if slices.Contains(files, folder+"/go.mod") {
			return true
		}
	}
	return false
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, folder, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = folder
	out, err := cmd.Output()
	if exit, failed := err.(*exec.ExitError); failed {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, exit.Stderr)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
