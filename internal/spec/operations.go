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

// keepOperations returns upstream's paths with the kept operations only.
func keepOperations(upstream *Upstream, kept *Kept) (map[string]any, error) {
	paths := map[string]any{}
	missing := maps.Clone(kept.Operations)
	operations(upstream.root, func(path, method string, operation map[string]any) {
		id, _ := operation["operationId"].(string)
		if _, ok := kept.Operations[id]; !ok {
			return
		}
		delete(missing, id)
		item, ok := paths[path].(map[string]any)
		if !ok {
			item = map[string]any{}
			paths[path] = item
			whole, _ := at(upstream.root, "paths", path)
			for _, shared := range []string{"$ref", "parameters"} {
				if value, ok := whole.(map[string]any)[shared]; ok {
					item[shared] = value
				}
			}
		}
		item[method] = operation
	})
	if len(missing) > 0 {
		return nil, fmt.Errorf("API version %s lacks the operations %s",
			upstream.Version, strings.Join(slices.Sorted(maps.Keys(missing)), ", "))
	}
	return paths, nil
}
