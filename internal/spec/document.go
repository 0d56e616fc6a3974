package spec

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"gopkg.in/yaml.v3"
)

// Document is ours: trimmed, corrected, validated.
type Document struct {
	Version string // of the API
	YAML    []byte
	Root    map[string]any // the same, decoded
}

// Open reads a document for a comparison: Apple's, which is trimmed first, or
// one that Trim has written. The ledger is empty for the latter.
func Open(name string, kept *Kept, overlay *Overlay) (*Document, Ledger, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, fmt.Errorf("spec: %w", err)
	}
	if start := bytes.TrimLeft(data, " \t\r\n"); !bytes.HasPrefix(start, []byte("openapi:")) {
		upstream, err := upstreamOf(name, data)
		if err != nil {
			return nil, nil, err
		}
		return Trim(upstream, kept, overlay)
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
