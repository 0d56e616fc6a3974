package auth_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestImports pins what an importer of this package links: the standard library and jwt.
func TestImports(t *testing.T) {
	const format = `{{if not .Standard}}{{.ImportPath}}{{end}}`
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", format, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"github.com/ascmarketplace/webhooks/auth", "github.com/golang-jwt/jwt/v5"}
	got := strings.Fields(string(out))
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("auth links %v, want %v", got, want)
	}
}
