package spec

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWriteFileReplacesWhole(t *testing.T) {
	name := filepath.Join(t.TempDir(), "document.yaml")
	for _, text := range []string{"a longer first text", "second"} {
		if err := WriteFile(name, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if data, err := os.ReadFile(name); err != nil || string(data) != text {
			t.Errorf("holds %q, %v", data, err)
		}
	}
	alone(t, name)
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestWriteFileLeavesNothingBehind(t *testing.T) {
	name := filepath.Join(t.TempDir(), "document.yaml")
	if err := os.Mkdir(name, 0o755); err != nil { // a directory is not replaced by a file
		t.Fatal(err)
	}
	err := WriteFile(name, []byte("text"))
	if err == nil || !strings.HasPrefix(err.Error(), "spec: ") {
		t.Errorf("got %v", err)
	}
	alone(t, name)
	if err := WriteFile(filepath.Join(name, "missing", "document.yaml"), nil); err == nil {
		t.Error("wrote into a directory that is not there")
	}
}

func TestWriteFileInAReadOnlyDirectory(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "document.yaml")
	if err := os.WriteFile(name, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(name, []byte("new")); err == nil {
		t.Error("no error")
	}
	if data, _ := os.ReadFile(name); string(data) != "old" {
		t.Errorf("holds %q", data)
	}
}

// alone fails if anything but name is in its directory.
func alone(t *testing.T, name string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(name))
	if err != nil || len(entries) != 1 {
		t.Errorf("the directory holds %v, %v", entries, err)
	}
}
