package spec

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"gopkg.in/yaml.v3"
)

// Document is ours: trimmed, corrected, validated.
type Document struct {
	Version string // of the API
	YAML    []byte
	Root    map[string]any // the same, decoded
	Gone    []string       // kept operations that Apple has dropped
}

// Open reads a document for a comparison: Apple's, which is trimmed first, or
// one that Trim has written. The ledger is empty for the latter.
func Open(name string, kept *Kept, overlay *Overlay, committed *Document) (*Document, Ledger, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, fmt.Errorf("spec: %w", err)
	}
	if start := bytes.TrimLeft(data, " \t\r\n"); !bytes.HasPrefix(start, []byte("openapi:")) {
		upstream, err := upstreamOf(name, data)
		if err != nil {
			return nil, nil, err
		}
		return Trim(upstream, kept, overlay, committed)
	}
	document, err := parseDocument(data)
	if err != nil {
		return nil, nil, fmt.Errorf("spec: %s: %w", name, err)
	}
	return document, nil, nil
}

func parseDocument(data []byte) (*Document, error) {
	if err := validate(data); err != nil {
		return nil, err
	}
	var node yaml.Node
	if err := yaml.Unmarshal(data, &node); err != nil {
		return nil, err
	}
	root, _ := fromNode(&node).(map[string]any)
	version, _ := at(root, "info", "version")
	text, ok := version.(string)
	if !ok {
		return nil, errors.New("not an OpenAPI document: /info/version is missing")
	}
	return &Document{Version: text, YAML: data, Root: root}, nil
}

// Err names the operations that are gone, or is nil.
func (d *Document) Err() error {
	if len(d.Gone) == 0 {
		return nil
	}
	return fmt.Errorf("spec: nothing written: API version %s lacks the operations %s; "+
		"remove them from kept.yaml, or mark them retired to keep their form", d.Version, strings.Join(d.Gone, ", "))
}
