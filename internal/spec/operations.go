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

// keepOperations returns upstream's paths with the kept operations only. It
// refuses a key of their path items that OpenAPI 3.0 does not know.
func keepOperations(upstream *Upstream, kept *Kept) (map[string]any, error) {
	paths := map[string]any{}
	missing := maps.Clone(kept.Operations)
	operations(upstream.root, func(path, method string, operation map[string]any) {
		id, _ := operation["operationId"].(string)
		if _, ok := kept.Operations[id]; !ok {
			return
		}
		delete(missing, id)
		if paths[path] == nil {
			paths[path] = map[string]any{}
		}
		paths[path].(map[string]any)[method] = operation
	})
	if len(missing) > 0 {
		return nil, fmt.Errorf("API version %s lacks the operations %s",
			upstream.Version, strings.Join(slices.Sorted(maps.Keys(missing)), ", "))
	}
	for _, path := range union(paths, nil) {
		whole, _ := at(upstream.root, "paths", path)
		for _, key := range union(whole.(map[string]any), nil) {
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
