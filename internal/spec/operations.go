package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

// operations calls visit for every operation of a document's paths.
func operations(root map[string]any, visit func(path, method string, operation map[string]any)) {
	paths, _ := root["paths"].(map[string]any)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item, _ := paths[path].(map[string]any)
		for _, method := range methods {
			if operation, ok := item[method].(map[string]any); ok {
				visit(path, method, operation)
			}
		}
	}
}

// keepOperations returns a document's paths with the operations named only, and
// those that it lacks. What else a path item has stays.
func keepOperations(root map[string]any, ids []string) (paths map[string]any, missing []string) {
	paths = map[string]any{}
	missing = slices.Sorted(slices.Values(ids))
	operations(root, func(path, method string, operation map[string]any) {
		id, _ := operation["operationId"].(string)
		if !slices.Contains(ids, id) {
			return
		}
		missing = slices.DeleteFunc(missing, func(m string) bool { return m == id })
		item, ok := paths[path].(map[string]any)
		if !ok {
			whole, _ := at(root, "paths", path)
			item = maps.Clone(whole.(map[string]any))
			maps.DeleteFunc(item, func(key string, _ any) bool { return slices.Contains(methods, key) })
			paths[path] = item
		}
		item[method] = operation
	})
	return paths, missing
}

// retired returns the operations that Apple's document lacks in the form of the
// committed document, with the components that only they reach.
func retired(root map[string]any, committed string, ids []string) (map[string]any, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	document, err := ReadDocument(committed)
	if err != nil {
		return nil, err
	}
	paths, missing := keepOperations(document.Root, ids)
	if len(missing) > 0 {
		return nil, fmt.Errorf("kept.yaml: retired, but in no form that we have: %s", strings.Join(missing, ", "))
	}
	part, err := prune(map[string]any{"paths": paths, "components": document.Root["components"]})
	if err != nil {
		return nil, err
	}
	for section, components := range part["components"].(map[string]any) {
		maps.DeleteFunc(components.(map[string]any), func(name string, _ any) bool {
			_, ok := at(root, "components", section, name)
			return ok
		})
	}
	return part, nil
}

// fill adds to a document what it lacks of another one's path items, operations and components.
func fill(into, from map[string]any, depth int) {
	for key, value := range from {
		have, ok := into[key]
		object, isObject := have.(map[string]any)
		switch {
		case !ok:
			into[key] = value
		case isObject && depth > 0:
			fill(object, value.(map[string]any), depth-1)
		}
	}
}
