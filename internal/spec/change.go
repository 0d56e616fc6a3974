package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Change is one difference between two documents, in a maintainer's words.
type Change struct {
	Group    string // the operation or component, such as "GET /v1/orders" or "schema Order"
	Text     string
	Breaking bool

	was, now string // JSON pointers, in the old and in the new document
}

// differ collects the changes between two documents.
type differ struct{ changes []Change }

// place is where the differ stands: in the documents, and in words.
type place struct{ group, path, was, now string }

// changes lists the differences in structure between two documents, each once.
func changes(from, to *Document) []Change {
	d := &differ{}
	d.object(without(from.Root, "info", "paths", "components"), without(to.Root, "info", "paths", "components"),
		place{group: "document"})
	d.paths(child(from.Root, "paths"), child(to.Root, "paths"))
	before, after := child(from.Root, "components"), child(to.Root, "components")
	for _, section := range union(before, after) {
		noun := strings.TrimSuffix(section, "s")
		for _, name := range union(child(before, section), child(after, section)) {
			pointer := below(below("/components", section), name)
			d.value(child(before, section)[name], child(after, section)[name],
				place{noun + " " + name, "", pointer, pointer})
		}
	}
	return d.changes
}

func (d *differ) paths(before, after map[string]any) {
	for _, path := range union(before, after) {
		pointer := below("/paths", path)
		was, now := child(before, path), child(after, path)
		d.object(without(was, methods...), without(now, methods...), place{path, "", pointer, pointer})
		for _, method := range methods {
			at := below(pointer, method)
			d.value(was[method], now[method], place{strings.ToUpper(method) + " " + path, "", at, at})
			if was[method] != nil && now[method] == nil { // which oasdiff forgives after a deprecation
				d.changes[len(d.changes)-1].Breaking = true
			}
		}
	}
}

func (d *differ) add(at place, format string, args ...any) {
	text := strings.TrimSpace(at.path + " " + fmt.Sprintf(format, args...))
	d.changes = append(d.changes, Change{Group: at.group, Text: text, was: at.was, now: at.now})
}

// value compares two objects, either of which may be missing.
func (d *differ) value(before, after any, at place) {
	switch {
	case before == nil && after == nil:
	case before == nil:
		d.add(at, "added%s", kind(after))
	case after == nil:
		d.add(at, "dropped")
	default:
		was, wasObject := before.(map[string]any)
		now, isObject := after.(map[string]any)
		if wasObject && isObject && was["$ref"] == now["$ref"] {
			d.object(was, now, at)
		} else if !reflect.DeepEqual(before, after) {
			d.add(at, "was %s, is %s", brief(before), brief(after))
		}
	}
}

// object compares the keywords of two objects.
func (d *differ) object(before, after map[string]any, at place) {
	for _, key := range union(before, after) {
		was, now := before[key], after[key]
		if isWording(key) || reflect.DeepEqual(was, now) {
			continue
		}
		inner := place{at.group, at.path, below(at.was, key), below(at.now, key)}
		position := keywords.child(key, either(now, was))
		_, list := either(now, was).([]any)
		switch {
		case key == "deprecated" || key == "nullable":
			d.flag(key, was == true, now == true, inner)
		case list && key == "required":
			d.required(before, after, inner)
		case list && (key == "enum" || key == "tags"):
			d.set(key, was, now, inner)
		case list && key == "parameters":
			d.parameters(was, now, inner)
		case list && position == keywords:
			d.list(key, was, now, inner)
		case position == names:
			d.names(key, before, after, inner)
		case isObject(was) && isObject(now):
			inner.path = join(at.path, label(key, ""))
			d.value(was, now, inner)
		default:
			d.keyword(key, was, now, inner)
		}
	}
}

func (d *differ) flag(key string, was, now bool, at place) {
	switch {
	case was == now:
	case key == "deprecated" && now:
		d.add(at, "deprecated")
	case key == "deprecated":
		d.add(at, "no longer deprecated")
	case now:
		d.add(at, "may now be null")
	default:
		d.add(at, "may no longer be null")
	}
}

// keyword compares a keyword with a plain value.
func (d *differ) keyword(key string, was, now any, at place) {
	switch {
	case was == nil:
		d.add(at, "%s %s added", key, brief(now))
	case now == nil:
		d.add(at, "%s %s dropped", key, brief(was))
	default:
		d.add(at, "%s was %s, is %s", key, brief(was), brief(now))
	}
}

// set compares lists whose order means nothing.
func (d *differ) set(key string, before, after any, at place) {
	was, _ := before.([]any)
	now, _ := after.([]any)
	for _, item := range was {
		if !has(now, item) {
			d.add(at, "%s %s dropped", key, brief(item))
		}
	}
	for _, item := range now {
		if !has(was, item) {
			d.add(at, "%s %s added", key, brief(item))
		}
	}
}

// required compares which properties are required. Those that are themselves
// added or dropped are told by names.
func (d *differ) required(before, after map[string]any, at place) {
	was, _ := before["required"].([]any)
	now, _ := after["required"].([]any)
	path := at.path
	for _, item := range slices.Concat(was, now) {
		name, _ := item.(string)
		if (child(before, "properties")[name] == nil) != (child(after, "properties")[name] == nil) {
			continue
		}
		at.path = join(path, name)
		if !has(now, item) {
			d.add(at, "no longer required")
		} else if !has(was, item) {
			d.add(at, "now required")
		}
	}
}

// names compares what is listed by name: properties, responses, media types.
func (d *differ) names(key string, before, after map[string]any, at place) {
	was, now := child(before, key), child(after, key)
	required, _ := after["required"].([]any)
	for _, name := range union(was, now) {
		inner := place{at.group, join(at.path, label(key, name)), below(at.was, name), below(at.now, name)}
		if key == "properties" && was[name] == nil && has(required, name) {
			d.add(inner, "added and required%s", kind(now[name]))
			continue
		}
		d.value(was[name], now[name], inner)
	}
}

// parameters pairs parameters by place and name, whatever their order.
func (d *differ) parameters(before, after any, at place) {
	was, wasAt := byName(before)
	now, nowAt := byName(after)
	for _, name := range union(was, now) {
		inner := place{at.group, join(at.path, name+" parameter"), at.was, at.now}
		if i, ok := wasAt[name]; ok {
			inner.was = belowIndex(at.was, i)
		}
		if i, ok := nowAt[name]; ok {
			inner.now = belowIndex(at.now, i)
		}
		d.value(was[name], now[name], inner)
	}
}

func byName(parameters any) (map[string]any, map[string]int) {
	list, _ := parameters.([]any)
	named, index := map[string]any{}, map[string]int{}
	for i, parameter := range list {
		object, _ := parameter.(map[string]any)
		name := fmt.Sprintf("%v %v", object["in"], object["name"])
		if ref, ok := object["$ref"].(string); ok {
			name = ref
		}
		named[name], index[name] = parameter, i
	}
	return named, index
}

// list compares lists such as oneOf, one by one.
func (d *differ) list(key string, before, after any, at place) {
	was, _ := before.([]any)
	now, _ := after.([]any)
	for i := range max(len(was), len(now)) {
		var from, to any
		if i < len(was) {
			from = was[i]
		}
		if i < len(now) {
			to = now[i]
		}
		d.value(from, to, place{at.group, join(at.path, fmt.Sprintf("%s[%d]", key, i)),
			belowIndex(at.was, i), belowIndex(at.now, i)})
	}
}
