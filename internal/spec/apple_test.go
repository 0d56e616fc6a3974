package spec

import (
	"bytes"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/internal/racetest"
)

// appleDocument finds the document that ours was made of. It is in no repository: it lies beside the
// module, or in bin/ where make spec-fetch puts it.
func appleDocument(t *testing.T) *Upstream {
	t.Helper()
	if racetest.Enabled {
		t.Skip("Apple's document is large, and nothing here is concurrent: make test runs this without the race detector")
	}
	ours := committed(t)
	want, _ := at(ours.Root, "info", "x-upstream-sha256")
	for _, pattern := range []string{
		"../../../shared/upstream/*" + ours.Version + ".json", "../../bin/*.json", "../../bin/*.zip",
	} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if upstream, err := ReadUpstream(name); err == nil && upstream.SHA256 == want {
				return upstream
			}
		}
	}
	t.Skip("Apple's document of the version that ours was made of is not in bin/: run make spec-fetch")
	return nil
}

func committed(t *testing.T) *Document {
	t.Helper()
	document, err := ReadDocument("../../" + CommittedDocument)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// trimApple makes our document of Apple's, with the module's corrections.
func trimApple(t *testing.T, upstream *Upstream, edit func(*Kept)) *Document {
	t.Helper()
	kept, err := ReadKept("../../openapi/kept.yaml")
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := ReadOverlay("../../openapi/overlay.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		edit(kept)
	}
	document, err := Trim(upstream, kept, overlay, "../../"+CommittedDocument)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func TestAppleTrimmedIsTheCommittedDocument(t *testing.T) {
	t.Parallel()
	document := trimApple(t, appleDocument(t), nil)
	if err := document.Err(); err != nil {
		t.Error(err)
	}
	if !bytes.Equal(document.YAML, committed(t).YAML) {
		t.Errorf("%s is not what make spec writes", CommittedDocument)
	}
}

func TestAppleMayShuffleItsKeys(t *testing.T) {
	t.Parallel()
	shuffled, err := parseUpstream(shuffledJSON(rand.New(rand.NewPCG(1, 2)), appleDocument(t).root))
	if err != nil {
		t.Fatal(err)
	}
	if got := trimApple(t, shuffled, nil); withoutChecksum(got.YAML) != withoutChecksum(committed(t).YAML) {
		t.Error("other bytes after a shuffle")
	}
}

// Documents that others redistribute have a name for what Apple writes inline.
func TestAppleErrorsBehindAReference(t *testing.T) {
	t.Parallel()
	upstream := appleDocument(t)
	for _, behind := range [][]string{
		{"items"},
		{"items", "properties", "source"},
		{"items", "properties", "meta"},
	} {
		t.Run(strings.Join(behind, "/"), func(t *testing.T) {
			errors := object(t, upstream.root, "components", "schemas", "ErrorResponse", "properties", "errors")
			last := len(behind) - 1
			parent := object(t, errors, behind[:last]...)
			object(t, upstream.root, "components", "schemas")["Named"] = parent[behind[last]]
			inline := parent[behind[last]]
			parent[behind[last]] = ref("Named")
			defer func() { parent[behind[last]] = inline }()
			document := trimApple(t, upstream, nil)
			if err := document.Err(); err != nil {
				t.Error(err)
			}
			if !bytes.Equal(document.YAML, committed(t).YAML) {
				t.Error("another document than with the schema inline")
			}
		})
	}
}

func TestAppleDropsOperations(t *testing.T) {
	t.Parallel()
	upstream := appleDocument(t)
	var dropped []string
	operations(upstream.root, func(path, _ string, operation map[string]any) {
		if strings.HasPrefix(path, "/v1/marketplaceWebhooks") {
			dropped = append(dropped, operation["operationId"].(string))
			delete(object(t, upstream.root, "paths"), path)
		}
	})
	slices.Sort(dropped)
	without := trimApple(t, upstream, nil)
	if !slices.Equal(without.Gone, dropped) || len(dropped) != 4 {
		t.Errorf("gone: %q, want %q", without.Gone, dropped)
	}
	if err := without.Err(); err == nil || !strings.Contains(err.Error(), "lacks "+strings.Join(dropped, ", ")) {
		t.Errorf("got %v", err)
	}
	retired := trimApple(t, upstream, func(kept *Kept) {
		for _, id := range dropped {
			kept.Operations[id] = Operation{Summary: kept.Operations[id].Summary, Retired: true}
		}
	})
	if err := retired.Err(); err != nil {
		t.Error(err)
	}
	if !bytes.Equal(retired.YAML, committed(t).YAML) {
		t.Error("the form of the retired operations has changed")
	}
}

func TestCommittedDocumentIsInItsOneOrder(t *testing.T) {
	document := committed(t)
	if again, err := render(document.Root); err != nil || !bytes.Equal(again, document.YAML) {
		t.Error("the committed document is not in its one order")
	}
}

// Generators of examples, Prism's among them, trip over a schema that contains itself.
func TestNoSchemaOfTheCommittedDocumentContainsItself(t *testing.T) {
	document := committed(t)
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
		document, err := ReadDocument("../../" + name)
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
