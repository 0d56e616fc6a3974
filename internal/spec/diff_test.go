package spec

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// smallModule makes a module with gen and one package that uses it, which is
// quicker to compile and to test than this one.
func smallModule(t *testing.T) string {
	t.Helper()
	if os.Getenv("SPEC_DIFF_TEST") == "" {
		t.Skip("runs tools that the go command fetches: set SPEC_DIFF_TEST=1, or make spec-test")
	}
	root := t.TempDir()
	for _, name := range []string{
		"go.mod", "go.sum", "generate.go", "tools.go", CommittedDocument,
		"gen/gen.go", "gen/config.yaml", "gen/overlay.yaml", "gen/client-with-responses.tmpl",
	} {
		copyFile(t, root, name)
	}
	put(t, root+"/use/use.go", `package use

import "github.com/ascmarketplace/webhooks/gen"

func URL(w gen.MarketplaceWebhook) string { return w.Attributes.EndpointURL }
`)
	put(t, root+"/use/use_test.go", `package use

import (
	"os"
	"strings"
	"testing"
)

func TestDocument(t *testing.T) {
	if text, _ := os.ReadFile("../openapi/app-store-connect.yaml"); strings.Contains(string(text), "x-fails: a test") {
		t.Fatal("a test that fails")
	}
}
`)
	return root
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDiff: each tool says in its own words what it finds, down to the compiler.
func TestDiff(t *testing.T) {
	root := smallModule(t)
	from, _, err := Open("../../"+CommittedDocument, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, old, new string
		want, unwanted []string
	}{
		{"a new property", "            nextCursor:\n", "            another:\n              type: string\n            nextCursor:\n",
			[]string{"+            another:", "added the optional property", "Paging.Another: added", "== go build\npassed", "== go test\npassed"},
			[]string{"failed"}},
		{"a renamed property", "endpointUrl", "url",
			[]string{"-                endpointUrl:", "MarketplaceWebhookAttributes.EndpointURL: removed", "== go build\n", "failed: go build"},
			[]string{"== go test"}},
		{"a schema that contains itself", "    ResourceLinks:\n      type: object\n      properties:\n",
			"    ResourceLinks:\n      type: object\n      properties:\n        links:\n          $ref: '#/components/schemas/ResourceLinks'\n",
			[]string{"invalid recursive type", "failed: go run"}, []string{"== go build"}},
		{"what only a test notices", "version: ", "x-fails: a test\n  version: ",
			[]string{"a test that fails", "failed: go test"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := strings.ReplaceAll(string(from.YAML), test.old, test.new)
			to, err := parseDocument([]byte(text))
			if err != nil || text == string(from.YAML) {
				t.Fatal("nothing is edited: ", err)
			}
			var out strings.Builder
			if err := Diff(t.Context(), &out, root, from, to); err != nil {
				t.Fatal(err)
			}
			for _, want := range test.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in\n%s", want, out.String())
				}
			}
			for _, unwanted := range test.unwanted {
				if strings.Contains(out.String(), unwanted) {
					t.Errorf("%q in\n%s", unwanted, out.String())
				}
			}
			if committed, _ := os.ReadFile(filepath.Join(root, CommittedDocument)); string(committed) != string(from.YAML) {
				t.Error("the module's document has changed")
			}
		})
	}
}
