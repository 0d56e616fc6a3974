package notification_test

import (
	"go/build"
	"strings"
	"testing"
)

// TestImports: importers get the standard library and nothing else.
func TestImports(t *testing.T) {
	pkg, err := build.ImportDir(".", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range pkg.Imports {
		if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
			t.Errorf("imports %s", path)
		}
	}
	if len(pkg.Imports) == 0 {
		t.Error("no imports were found")
	}
}
