package spec

import (
	"bytes"
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

func TestCommittedDocumentIsWhatTrimMakes(t *testing.T) {
	start := time.Now()
	document, ledger := openUpstream(t, "4.4.1")
	t.Logf("trimmed in %v", time.Since(start))
	if err := ledger.Err(); err != nil {
		t.Error(err)
	}
	committed, err := os.ReadFile("../../" + CommittedDocument)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(document.YAML, committed) {
		t.Errorf("%s is not what make spec writes", CommittedDocument)
	}
}

func TestAppleMayShuffleItsKeys(t *testing.T) {
	want, _ := openUpstream(t, "4.4.1")
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
	kept, _ := ReadKept("../../openapi/kept.yaml")
	overlay, _ := ReadOverlay("../../openapi/overlay.yaml")
	got, _, err := Open(name, kept, overlay)
	if err != nil {
		t.Fatal(err)
	}
	if withoutChecksum(got.YAML) != withoutChecksum(want.YAML) {
		t.Error("other bytes after a shuffle")
	}
}

func TestCommittedDocumentOpens(t *testing.T) {
	document, ledger, err := Open("../../"+CommittedDocument, nil, nil)
	if err != nil || ledger != nil {
		t.Fatal(ledger, err)
	}
	if again, err := render(document.Root); err != nil || !bytes.Equal(again, document.YAML) {
		t.Error("the committed document is not in its one order")
	}
}
