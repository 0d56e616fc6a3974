package spec

import (
	"errors"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// CommittedDocument is where our document lies in the module.
const CommittedDocument = "openapi/app-store-connect.yaml"

// Document is ours: trimmed, corrected, validated.
type Document struct {
	Version string // of the API
	YAML    []byte
	Root    map[string]any // the same, decoded

	Unfit []string // the corrections that do not fit Apple's document and were left out, each with the reason
	Gone  []string // the operations to keep that Apple's document lacks, except those that are retired
}

// Err says why the document can't replace the committed one, or is nil.
func (d *Document) Err() error {
	problems := d.Unfit
	if len(d.Gone) > 0 {
		problems = append([]string{fmt.Sprintf("Apple's document lacks %s: in kept.yaml, remove it or mark it retired",
			strings.Join(d.Gone, ", "))}, problems...)
	}
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf("spec: nothing written: %s", strings.Join(problems, "; "))
}

// ReadDocument reads a document that Trim has written.
func ReadDocument(name string) (*Document, error) {
	return read(name, parseDocument)
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
