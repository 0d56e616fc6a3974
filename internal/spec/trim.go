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

// Trim makes our document of Apple's. A retired operation that Apple has dropped
// is taken from committed, which may be nil where there is none. The ledger is
// meaningful beside an error too; a correction in its Problems was left out of the
// document, as was an operation in Document.Gone, and whether that may be is the
// caller's decision.
func Trim(upstream *Upstream, kept *Kept, overlay *Overlay, committed *Document) (*Document, Ledger, error) {
	retired, gone, err := retire(upstream, kept, committed)
	if err != nil {
		return nil, nil, fmt.Errorf("spec: %w", err)
	}
	root, err := trimmed(upstream, kept, retired)
	if err != nil {
		return nil, nil, fmt.Errorf("spec: %w", err)
	}
	root, ledger, err := overlay.apply(root, retired.schemas)
	if err != nil {
		return nil, ledger, fmt.Errorf("spec: %w", err)
	}
	document, err := finish(root, upstream, kept)
	if err != nil {
		return nil, ledger, fmt.Errorf("spec: after the corrections: %w", err)
	}
	document.Gone = gone
	return document, ledger, nil
}

// trimmed returns the kept part of upstream and of what is retired, without its
// wording, as a copy.
func trimmed(upstream *Upstream, kept *Kept, retired retired) (map[string]any, error) {
	paths, err := keptPaths(upstream.root, kept.Operations)
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
	root = dropWording(retired.merged(root), keywords).(map[string]any)
	inlineErrors(root)
	return root, nil
}

// inlineErrors puts the error object where Apple's own document has it.
// Documents that others redistribute have it behind a $ref.
func inlineErrors(root map[string]any) {
	value, _ := at(root, "components", "schemas", "ErrorResponse", "properties", "errors")
	errors, _ := value.(map[string]any)
	ref, _ := at(errors, "items", "$ref")
	text, _ := ref.(string)
	if keys, ok := fragment(text); ok {
		if object, ok := at(root, keys...); ok {
			errors["items"] = object
		}
	}
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
