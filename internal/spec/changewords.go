package spec

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// label is how a keyword, or a name listed under it, is called in a path.
func label(key, name string) string {
	switch key {
	case "properties":
		return name
	case "schema":
		return "" // goes without saying
	case "items":
		return "[]"
	case "requestBody":
		return "body"
	}
	return strings.TrimSpace(strings.TrimSuffix(key, "s") + " " + name)
}

// join extends a path in words.
func join(path, name string) string {
	if path == "" || name == "" || name == "[]" {
		return path + name
	}
	return path + "." + name
}

// kind says in brackets what an added schema is.
func kind(value any) string {
	if text := brief(value); text != "{}" {
		return " (" + text + ")"
	}
	return ""
}

// brief renders a value in a few characters.
func brief(value any) string {
	switch value := value.(type) {
	case nil:
		return "absent"
	case string:
		return value
	case map[string]any:
		if ref, ok := schemaRef(value); ok {
			return ref
		}
		if kind, ok := value["type"].(string); ok {
			return kind
		}
		return "{}"
	}
	text, _ := json.Marshal(value)
	return string(text)
}

func child(object map[string]any, key string) map[string]any {
	value, _ := object[key].(map[string]any)
	return value
}

func isObject(value any) bool {
	_, ok := value.(map[string]any)
	return ok
}

func has(list []any, item any) bool {
	return slices.ContainsFunc(list, func(other any) bool { return reflect.DeepEqual(item, other) })
}

func either(a, b any) any {
	if a != nil {
		return a
	}
	return b
}

func without(object map[string]any, keys ...string) map[string]any {
	rest := maps.Clone(object)
	for _, key := range keys {
		delete(rest, key)
	}
	return rest
}

func union(a, b map[string]any) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}
