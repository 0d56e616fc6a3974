package spec

import (
	"fmt"
	"maps"
	"slices"
)

// retired is what is kept of operations that Apple has dropped: their paths and
// the components that upstream lacks.
type retired struct {
	paths, components map[string]any
	schemas           []string // the names among components
}

// retire takes the retired operations that upstream lacks from the committed
// document, and names those that are gone without being retired.
func retire(upstream *Upstream, kept *Kept, committed *Document) (r retired, gone []string, err error) {
	missing := maps.Clone(kept.Operations)
	operations(upstream.root, func(_, _ string, operation map[string]any) {
		id, _ := operation["operationId"].(string)
		delete(missing, id)
	})
	maps.DeleteFunc(missing, func(id string, o Operation) bool {
		if !o.Retired {
			gone = append(gone, id)
		}
		return !o.Retired
	})
	slices.Sort(gone)
	if len(missing) == 0 {
		return r, gone, nil
	}
	if committed == nil {
		committed = &Document{}
	}
	var root map[string]any
	if r.paths, err = keptPaths(committed.Root, missing); err == nil {
		root, err = prune(map[string]any{"paths": r.paths, "components": committed.Root["components"]})
	}
	if err != nil {
		return r, gone, fmt.Errorf("the committed document: %w", err)
	}
	operations(root, func(_, _ string, operation map[string]any) { delete(missing, operation["operationId"].(string)) })
	if len(missing) > 0 {
		return r, gone, fmt.Errorf("neither Apple's document nor the committed one has the retired operations %q", slices.Sorted(maps.Keys(missing)))
	}
	r.components = map[string]any{}
	for section, components := range root["components"].(map[string]any) {
		lacking := maps.Clone(components.(map[string]any))
		theirs, _ := at(upstream.root, "components", section)
		maps.DeleteFunc(lacking, func(name string, _ any) bool { _, there := at(theirs, name); return there })
		r.components[section] = lacking
		if section == "schemas" {
			r.schemas = slices.Collect(maps.Keys(lacking))
		}
	}
	return r, gone, nil
}

// merged returns root with what is retired.
func (r retired) merged(root map[string]any) map[string]any {
	root = copyOf(root)
	merge(root, map[string]any{"paths": r.paths, "components": r.components})
	return root
}

// merge adds what into lacks.
func merge(into, from map[string]any) {
	for key, value := range from {
		object, ok := value.(map[string]any)
		have, both := into[key].(map[string]any)
		switch {
		case ok && both:
			merge(have, object)
		case into[key] == nil && (!ok || object != nil):
			into[key] = value
		}
	}
}
