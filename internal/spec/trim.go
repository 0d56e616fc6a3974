package spec

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Trim makes our document of Apple's. The ledger is meaningful beside an
// error too; a correction in its Problems was left out of the document, and
// whether that may be is the caller's decision.
func Trim(upstream *Upstream, kept *Kept, overlay *Overlay) (*Document, Ledger, error) {
	root, err := trimmed(upstream, kept)
	if err != nil {
		return nil, nil, fmt.Errorf("spec: %w", err)
	}
	root, ledger, err := overlay.apply(root)
	if err != nil {
		return nil, ledger, fmt.Errorf("spec: %w", err)
	}
	document, err := finish(root, upstream, kept)
	if err != nil {
		return nil, ledger, fmt.Errorf("spec: after the corrections: %w", err)
	}
	return document, ledger, nil
}

// trimmed returns the kept part of upstream without its wording, as a copy.
func trimmed(upstream *Upstream, kept *Kept) (map[string]any, error) {
	paths, err := keepOperations(upstream, kept)
	if err != nil {
		return nil, err
	}
	root := map[string]any{"paths": paths}
	for _, key := range []string{"openapi", "servers", "security", "components"} {
		if value, ok := upstream.root[key]; ok {
			root[key] = value
		}
	}
	if root, err = prune(root); err != nil {
		return nil, err
	}
	return dropWording(root, keywords).(map[string]any), nil
}

// finish prunes what the corrections have orphaned, adds our words and validates.
func finish(root map[string]any, upstream *Upstream, kept *Kept) (*Document, error) {
	root, err := prune(root)
	if err != nil {
		return nil, err
	}
	info := maps.Clone(kept.Info)
	info["version"], info["x-upstream-sha256"] = upstream.Version, upstream.SHA256
	root["info"] = info
	addWording(root, kept)
	sortRequired(root, keywords)
	text, err := render(root)
	if err != nil {
		return nil, err
	}
	if err := validate(text); err != nil {
		return nil, err
	}
	return &Document{Version: upstream.Version, YAML: text, Root: root}, nil
}

// sortRequired orders what is a set in the document, and drops it when empty.
func sortRequired(value any, p position) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			sortRequired(item, p)
		}
	case map[string]any:
		if required, ok := value["required"].([]any); ok && p == keywords {
			slices.SortFunc(required, func(a, b any) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			if len(required) == 0 {
				delete(value, "required")
			}
		}
		for key := range value {
			sortRequired(value[key], p.child(key, value[key]))
		}
	}
}

func validate(text []byte) error {
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return err
	}
	if err := document.Validate(context.Background()); err != nil {
		return errors.New(strings.Join(strings.Fields(err.Error()), " ")) // on one line
	}
	return nil
}
