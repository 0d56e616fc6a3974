package spec

import (
	"fmt"
	"maps"
	"slices"
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

// keptPaths returns a document's paths with the kept operations only. It refuses
// a key of their path items that OpenAPI 3.0 does not know.
func keptPaths(root map[string]any, kept map[string]Operation) (map[string]any, error) {
	paths := map[string]any{}
	operations(root, func(path, method string, operation map[string]any) {
		id, _ := operation["operationId"].(string)
		if _, ok := kept[id]; !ok {
			return
		}
		if paths[path] == nil {
			paths[path] = map[string]any{}
		}
		paths[path].(map[string]any)[method] = operation
	})
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		whole, _ := at(root, "paths", path)
		for _, key := range slices.Sorted(maps.Keys(whole.(map[string]any))) {
			switch {
			case key == "$ref", key == "parameters", key == "servers":
				paths[path].(map[string]any)[key] = whole.(map[string]any)[key]
			case !slices.Contains(methods, key) && !isWording(key):
				return nil, fmt.Errorf("#%s: not a key of a path item", below(below("/paths", path), key))
			}
		}
	}
	return paths, nil
}
