package doctest_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestImporterPackages pins every package outside the standard library that a
// service links when it imports auth, wrapper and notification.
func TestImporterPackages(t *testing.T) {
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}",
		"./auth", "./wrapper", "./notification")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Sorted(strings.FieldsSeq(string(out)))
	want := []string{
		"github.com/apapsch/go-jsonmerge/v2",
		"github.com/ascmarketplace/webhooks/auth",
		"github.com/ascmarketplace/webhooks/gen",
		"github.com/ascmarketplace/webhooks/notification",
		"github.com/ascmarketplace/webhooks/wrapper",
		"github.com/golang-jwt/jwt/v5",
		"github.com/google/uuid",
		"github.com/oapi-codegen/runtime",
		"github.com/oapi-codegen/runtime/types",
	}
	if !slices.Equal(got, want) {
		t.Errorf("importers link\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
