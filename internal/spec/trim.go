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

// Trim makes our document of Apple's. It leaves out the operations that are
// gone and the corrections that do not fit, and names them in the document.
// The committed document is read only when a retired operation needs it.
func Trim(upstream *Upstream, kept *Kept, overlay *Overlay, committed string) (*Document, error) {
	paths, missing := keepOperations(upstream.root, slices.Collect(maps.Keys(kept.Operations)))
	isRetired := func(id string) bool { return kept.Operations[id].Retired }
	gone := slices.DeleteFunc(slices.Clone(missing), isRetired)
	document := &Document{Version: upstream.Version, Gone: gone}
	root, err := trimmed(upstream, paths)
	if err != nil {
		return nil, fmt.Errorf("spec: %w", err)
	}
	ours, err := retired(root, committed, slices.DeleteFunc(missing, func(id string) bool { return !isRetired(id) }))
	if err != nil {
		return nil, fmt.Errorf("spec: %w", err)
	}
	root, document.Unfit, err = overlay.apply(root, ours)
	if err != nil {
		return nil, fmt.Errorf("spec: %w", err)
	}
	fill(root, ours, 2)
	if err := document.finish(root, upstream, kept); err != nil {
		return nil, fmt.Errorf("spec: after the corrections: %w", err)
	}
	return document, nil
}

// trimmed returns these paths of upstream and what they lead to without its
// wording, as a copy. It refuses a key of a path item that OpenAPI 3.0 doesn't know.
func trimmed(upstream *Upstream, paths map[string]any) (map[string]any, error) {
	known := append([]string{"$ref", "parameters", "servers"}, methods...)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		for _, key := range slices.Sorted(maps.Keys(paths[path].(map[string]any))) {
			if !slices.Contains(known, key) && !isWording(key) {
				return nil, fmt.Errorf("#%s: not a key of a path item", below(below("/paths", path), key))
			}
		}
	}
	root := map[string]any{"paths": paths}
	for _, key := range []string{"openapi", "servers", "security", "components"} {
		if value, ok := upstream.root[key]; ok {
			root[key] = value
		}
	}
	root, err := prune(root)
	if err != nil {
		return nil, err
	}
	return dropWording(root, keywords).(map[string]any), nil
}

// finish cuts what no operation includes, prunes what that and the corrections
// have orphaned, adds our words and validates.
func (d *Document) finish(root map[string]any, upstream *Upstream, kept *Kept) error {
	if err := cutIncludes(root, kept.Operations); err != nil {
		return err
	}
	root, err := prune(root)
	if err != nil {
		return err
	}
	info := maps.Clone(kept.Info)
	info["version"], info["x-upstream-sha256"] = upstream.Version, upstream.SHA256
	root["info"] = info
	addWording(root, kept)
	sortRequired(root, keywords)
	d.Root = root
	if d.YAML, err = render(root); err != nil {
		return err
	}
	return validate(d.YAML)
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
