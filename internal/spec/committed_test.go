package spec

import (
	"bytes"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestAppleMayShuffleItsKeys(t *testing.T) {
	want, err := os.ReadFile("../../" + CommittedDocument)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(upstreamFile(t, "4.4.1"))
	if err != nil {
		t.Fatal(err)
	}
	root, err := decodeJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	name := t.TempDir() + "/shuffled.json"
	if err := os.WriteFile(name, shuffledJSON(rand.New(rand.NewPCG(1, 2)), root), 0o600); err != nil {
		t.Fatal(err)
	}
	kept, overlay, _ := committedFiles(t, "")
	got, _, err := Open(name, kept, overlay, nil)
	if err != nil {
		t.Fatal(err)
	}
	if withoutChecksum(got.YAML) != withoutChecksum(want) {
		t.Error("other bytes after a shuffle")
	}
}

func TestCommittedDocumentOpens(t *testing.T) {
	document, ledger, err := Open("../../"+CommittedDocument, nil, nil, nil)
	if err != nil || ledger != nil {
		t.Fatal(ledger, err)
	}
	if again, err := render(document.Root); err != nil || !bytes.Equal(again, document.YAML) {
		t.Error("the committed document is not in its one order")
	}
}

// Generators of examples, Prism's among them, trip over a schema that contains itself.
func TestNoSchemaOfTheCommittedDocumentContainsItself(t *testing.T) {
	document, _, err := Open("../../"+CommittedDocument, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var visit func(value any, trail []string)
	visit = func(value any, trail []string) {
		switch value := value.(type) {
		case []any:
			for _, item := range value {
				visit(item, trail)
			}
		case map[string]any:
			if ref, ok := value["$ref"].(string); ok {
				if slices.Contains(trail, ref) {
					t.Fatalf("a circle: %q leads to %s", trail, ref)
				}
				keys, _ := fragment(ref)
				target, _ := at(document.Root, keys...)
				visit(target, append(trail, ref))
				return
			}
			for _, child := range value {
				visit(child, trail)
			}
		}
	}
	visit(document.Root["paths"], nil)
}

// What Redocly and Spectral complained about; make spec-lint runs them for real.
func TestDocumentsAreCleanForLinters(t *testing.T) {
	for _, name := range []string{CommittedDocument, "openapi/notifications.yaml"} {
		document, _, err := Open("../../"+name, nil, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		servers, _ := document.Root["servers"].([]any)
		if len(servers) == 0 {
			t.Errorf("%s has no servers", name)
		}
		for _, server := range servers {
			if url := server.(map[string]any)["url"].(string); strings.HasSuffix(url, "/") {
				t.Errorf("%s: the server %s ends in a slash", name, url)
			}
		}
		if security, _ := document.Root["security"].([]any); len(security) == 0 {
			t.Errorf("%s has no security", name)
		}
	}
}
