package asctest

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// TestImports pins the arrows: asctest knows the document and notifications,
// not the packages that are tested with it, and not package testing.
func TestImports(t *testing.T) {
	t.Parallel()
	allowed := map[string]bool{
		"github.com/ascmarketplace/webhooks/internal/contract": true,
		"github.com/ascmarketplace/webhooks/notification":      true,
		"github.com/getkin/kin-openapi/openapi3":               true,
		"github.com/golang-jwt/jwt/v5":                         true,
	}
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			path := strings.Trim(spec.Path.Value, `"`)
			if strings.Contains(path, ".") && !allowed[path] || path == "testing" || path == "net/http/httptest" {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}
