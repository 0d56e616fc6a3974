package wrapper_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestImports pins what importers of this package link.
func TestImports(t *testing.T) {
	allowed := []string{
		"github.com/apapsch/go-jsonmerge/v2",
		"github.com/ascmarketplace/webhooks/gen",
		"github.com/ascmarketplace/webhooks/wrapper",
		"github.com/google/uuid",
		"github.com/oapi-codegen/runtime",
		"github.com/oapi-codegen/runtime/types",
	}
	const format = "{{if not .Standard}}{{.ImportPath}}{{end}}"
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", format, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, dep := range strings.Fields(string(out)) {
		if !slices.Contains(allowed, dep) {
			t.Errorf("wrapper links %s, which is not among what importers were promised", dep)
		}
	}
}
