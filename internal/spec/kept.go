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
	// Operations maps each kept operationId to its summary.
	Operations map[string]string `yaml:"operations"`
	// Deprecated is the reason given wherever Apple says deprecated.
	Deprecated string `yaml:"deprecated"`
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
		if kept.Operations[id] == "" {
			return nil, fmt.Errorf("operations: %s has no summary", id)
		}
	}
	if kept.Deprecated == "" {
		return nil, errors.New("deprecated: a reason is needed")
	}
	return &kept, nil
}
