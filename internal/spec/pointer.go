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

// belowIndex extends a JSON pointer by one index.
func belowIndex(pointer string, i int) string { return pointer + "/" + strconv.Itoa(i) }

// tokens splits a JSON pointer into keys. It reports false for anything that is not one.
func tokens(pointer string) ([]string, bool) {
	rest, ok := strings.CutPrefix(pointer, "/")
	if !ok {
		return nil, false
	}
	keys := strings.Split(rest, "/")
	for i, key := range keys {
		keys[i] = pointerUnescapes.Replace(key)
	}
	return keys, true
}

// fragment returns the keys of a $ref within the document, such as #/components/schemas/Order.
func fragment(ref string) ([]string, bool) {
	rest, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil, false
	}
	if unescaped, err := url.PathUnescape(rest); err == nil {
		rest = unescaped
	}
	return tokens(rest)
}

// index reads an index of a list, or -1.
func index(key string) int {
	i, err := strconv.Atoi(key)
	if err != nil {
		return -1
	}
	return i
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
			i := index(key)
			if i < 0 || i >= len(parent) {
				return nil, false
			}
			value = parent[i]
		default:
			return nil, false
		}
	}
	return value, true
}
