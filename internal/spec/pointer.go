package spec

import (
	"net/url"
	"strconv"
	"strings"
)

var (
	pointerEscapes   = strings.NewReplacer("~", "~0", "/", "~1")
	pointerUnescapes = strings.NewReplacer("~1", "/", "~0", "~")
)

// below extends a JSON pointer by one key.
func below(pointer, key string) string { return pointer + "/" + pointerEscapes.Replace(key) }

// fragment returns the keys of a $ref within the document, such as #/components/schemas/Order.
func fragment(ref string) ([]string, bool) {
	rest, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil, false
	}
	if unescaped, err := url.PathUnescape(rest); err == nil {
		rest = unescaped
	}
	keys := strings.Split(rest, "/")
	for i, key := range keys {
		keys[i] = pointerUnescapes.Replace(key)
	}
	return keys, true
}

// at follows keys from a value down.
func at(value any, keys ...string) (any, bool) {
	for _, key := range keys {
		switch parent := value.(type) {
		case map[string]any:
			child, ok := parent[key]
			if !ok {
				return nil, false
			}
			value = child
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(parent) {
				return nil, false
			}
			value = parent[i]
		default:
			return nil, false
		}
	}
	return value, true
}

func has(root map[string]any, keys []string) bool {
	_, ok := at(root, keys...)
	return ok
}
