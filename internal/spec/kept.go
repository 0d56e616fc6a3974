package spec

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"

	"gopkg.in/yaml.v3"
)

// Kept says what of Apple's document is kept, and holds our words for it.
type Kept struct {
	// Info is the info of our document, without the version, which is Apple's.
	Info map[string]any `yaml:"info"`
	// Operations has each kept operation by its operationId.
	Operations map[string]Operation `yaml:"operations"`
	// Deprecated is the reason given wherever Apple says deprecated.
	Deprecated string `yaml:"deprecated"`
}

// Operation is an entry of Kept: the summary alone, or an object with these members.
type Operation struct {
	Summary string `yaml:"summary"`
	// Include lists the relationships that the operation may include; nil: all that Apple offers.
	Include []string `yaml:"include"`
	// Retired keeps our form of the operation once Apple's document lacks it.
	Retired bool `yaml:"retired"`
}

// UnmarshalYAML has this older form because the newer one accepts unknown members.
func (o *Operation) UnmarshalYAML(decode func(any) error) error {
	if decode(&o.Summary) == nil {
		return nil
	}
	type members Operation
	return decode((*members)(o))
}

// ReadKept reads the list of what is kept.
func ReadKept(name string) (*Kept, error) {
	return read(name, parseKept)
}

func parseKept(data []byte) (*Kept, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	var kept Kept
	if err := decoder.Decode(&kept); err != nil {
		return nil, err
	}
	switch {
	case kept.Info["title"] == nil:
		return nil, errors.New("info: a title is needed")
	case len(kept.Operations) == 0:
		return nil, errors.New("operations: at least one operationId is needed")
	case kept.Deprecated == "":
		return nil, errors.New("deprecated: a reason is needed")
	}
	for _, id := range slices.Sorted(maps.Keys(kept.Operations)) {
		if kept.Operations[id].Summary == "" {
			return nil, fmt.Errorf("operations: %s has no summary", id)
		}
	}
	return &kept, nil
}
