package spec

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Tests on Apple's own document, which is in no repository.

// upstreamFile finds it beside the module, or where make spec-fetch puts it.
func upstreamFile(t *testing.T, version string) string {
	t.Helper()
	name := filepath.Join("..", "..", "..", "shared", "upstream", "app-store-connect-"+version+".json")
	if _, err := os.Stat(name); err == nil {
		return name
	}
	name = filepath.Join("..", "..", "bin", "app-store-connect.zip")
	if upstream, err := ReadUpstream(name); err != nil || upstream.Version != version {
		t.Skipf("version %s of Apple's document is not here: make spec-fetch brings the latest one", version)
	}
	return name
}

// apples decodes it, to be edited.
func apples(t *testing.T, version string) *Upstream {
	t.Helper()
	upstream, err := ReadUpstream(upstreamFile(t, version))
	if err != nil {
		t.Fatal(err)
	}
	return upstream
}

// committedFiles reads what the module has, with the operations below prefix retired.
func committedFiles(t *testing.T, retired string) (*Kept, *Overlay, *Document) {
	t.Helper()
	kept, err := ReadKept("../../openapi/kept.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for id, operation := range kept.Operations {
		if retired != "" && strings.HasPrefix(id, retired) {
			operation.Retired = true
			kept.Operations[id] = operation
		}
	}
	overlay, err := ReadOverlay("../../openapi/overlay.yaml")
	if err != nil {
		t.Fatal(err)
	}
	document, _, err := Open("../../"+CommittedDocument, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return kept, overlay, document
}

// trimApples trims it with the operations below the prefix retired.
func trimApples(t *testing.T, upstream *Upstream, retired string) (*Document, Ledger) {
	t.Helper()
	kept, overlay, committed := committedFiles(t, retired)
	document, ledger, err := Trim(upstream, kept, overlay, committed)
	if err != nil {
		t.Fatal(err)
	}
	return document, ledger
}

// The successor came with 4.0, so an older document lacks its operations.
func TestOlderDocumentLacksTheSuccessor(t *testing.T) {
	document, _ := trimApples(t, apples(t, "3.7.0"), "")
	if !slices.Contains(document.Gone, "apps_webhooks_getToManyRelated") ||
		!strings.Contains(document.Err().Error(), "API version 3.7.0 lacks the operations apps_webhooks_getToManyRelated, ") {
		t.Errorf("gone: %v, %v", document.Gone, document.Err())
	}
}

// Documents that others redistribute have the error object as a schema of its own.
func TestErrorObjectBehindAReference(t *testing.T) {
	upstream := apples(t, "4.4.1")
	root := upstream.root
	errors := object(t, schemaOf(t, root, "ErrorResponse"), "properties", "errors")
	object(t, root, "components", "schemas")["Error"] = errors["items"]
	errors["items"] = ref("Error")
	document, ledger := trimApples(t, upstream, "")
	_, _, committed := committedFiles(t, "")
	if ledger.Err() != nil || withoutChecksum(document.YAML) != withoutChecksum(committed.YAML) {
		t.Errorf("another document, %v", ledger.Err())
	}
}

// Apple drops the four operations of marketplaceWebhooks, and what only they use.
func TestOperationsThatAppleDrops(t *testing.T) {
	upstream := apples(t, "4.4.1")
	root := upstream.root
	paths, schemas := object(t, root, "paths"), object(t, root, "components", "schemas")
	maps.DeleteFunc(paths, func(path string, _ any) bool { return strings.HasPrefix(path, "/v1/marketplaceWebhooks") })
	maps.DeleteFunc(schemas, func(name string, _ any) bool { return strings.HasPrefix(name, "MarketplaceWebhook") })
	t.Run("gone", func(t *testing.T) {
		document, ledger := trimApples(t, upstream, "")
		if len(document.Gone) != 4 || document.Err() == nil || len(ledger.Problems()) != 2 {
			t.Errorf("gone: %v; problems: %v", document.Gone, ledger.Problems())
		}
	})
	t.Run("retired", func(t *testing.T) {
		document, ledger := trimApples(t, upstream, "marketplaceWebhooks_")
		_, _, committed := committedFiles(t, "")
		if ledger.Err() != nil || document.Err() != nil || !Equal(document, committed) {
			t.Errorf("another document, %v, %v", ledger.Err(), document.Err())
		}
		if !bytes.Contains(document.YAML, []byte("operationId: marketplaceWebhooks_createInstance")) {
			t.Error("the retired operations are not there")
		}
	})
}

func TestCommittedDocumentIsWhatTrimMakes(t *testing.T) {
	kept, overlay, _ := committedFiles(t, "")
	document, ledger, err := Open(upstreamFile(t, "4.4.1"), kept, overlay, nil)
	if err != nil || ledger.Err() != nil {
		t.Fatal(err, ledger.Err())
	}
	committed, err := os.ReadFile("../../" + CommittedDocument)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(document.YAML, committed) {
		t.Errorf("%s is not what make spec writes", CommittedDocument)
	}
}
