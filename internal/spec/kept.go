package spec

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"gopkg.in/yaml.v3"
)

// Kept says what of Apple's document is kept, and holds our words for it.
type Kept struct {
	// Info is the info of our document, without the version, which is Apple's.
	Info map[string]any `yaml:"info"`
	// Operations holds each kept operation by its operationId.
	Operations map[string]Operation `yaml:"operations"`
	// Deprecated is the reason given wherever Apple says deprecated.
	Deprecated string `yaml:"deprecated"`
}

// Operation is a kept operation. In YAML, a plain string is its summary.
type Operation struct {
	Summary string
	// Retired keeps the form that the committed document has once Apple drops
	// the operation.
	Retired bool
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (o *Operation) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.MappingNode {
		return node.Decode(&o.Summary)
	}
	for i := 0; i < len(node.Content); i += 2 {
		var err error
		switch key, value := node.Content[i].Value, node.Content[i+1]; key {
		case "summary":
			err = value.Decode(&o.Summary)
		case "retired":
			err = value.Decode(&o.Retired)
		default:
			err = fmt.Errorf("line %d: an operation has summary and retired, not %q", node.Content[i].Line, key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ReadKept reads the list of what is kept.
func ReadKept(name string) (*Kept, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("spec: %w", err)
	}
	kept, err := parseKept(data)
	if err != nil {
		return nil, fmt.Errorf("spec: %s: %w", name, err)
	}
	return kept, nil
}

func parseKept(data []byte) (*Kept, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	var kept Kept
	if err := decoder.Decode(&kept); err != nil {
		return nil, err
	}
	if kept.Info["title"] == nil {
		return nil, errors.New("info: a title is needed")
	}
	if len(kept.Operations) == 0 {
		return nil, errors.New("operations: at least one operationId is needed")
	}
	for _, id := range slices.Sorted(maps.Keys(kept.Operations)) {
		if kept.Operations[id].Summary == "" {
			return nil, fmt.Errorf("operations: %s has no summary", id)
		}
	}
	if kept.Deprecated == "" {
		return nil, errors.New("deprecated: a reason is needed")
	}
	return &kept, nil
}
