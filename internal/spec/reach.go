package spec

import (
	"fmt"
	"maps"
	"slices"
)

// reach collects the components that a document's paths and security lead to.
type reach struct {
	root       map[string]any
	components map[string]any // section -> name -> component
	err        error          // the first reference that leads nowhere
}

// prune drops every component that nothing leads to. It refuses a $ref that
// leads nowhere, into another file, or out of the components.
func prune(root map[string]any) (map[string]any, error) {
	r := &reach{root: root, components: map[string]any{}}
	pruned := maps.Clone(root)
	delete(pruned, "components")
	r.walk(pruned, keywords, "")
	pruned["components"] = r.components
	return pruned, r.err
}

func (r *reach) walk(value any, p position, pointer string) {
	switch value := value.(type) {
	case []any:
		for i, item := range value {
			r.walk(item, p, below(pointer, fmt.Sprint(i)))
		}
	case map[string]any:
		if p == keywords {
			r.leads(value, pointer)
		}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			r.walk(value[key], p.child(key, value[key]), below(pointer, key))
		}
	}
}

// leads follows what an object of keywords points at by name.
func (r *reach) leads(object map[string]any, pointer string) {
	if ref, ok := object["$ref"]; ok {
		r.follow(ref, below(pointer, "$ref"))
	}
	mapping, _ := at(object, "discriminator", "mapping")
	byValue, _ := mapping.(map[string]any)
	for _, value := range slices.Sorted(maps.Keys(byValue)) {
		r.follow(byValue[value], below(pointer+"/discriminator/mapping", value))
	}
	requirements, _ := object["security"].([]any)
	for _, requirement := range requirements {
		schemes, _ := requirement.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(schemes)) {
			r.follow(below("#/components/securitySchemes", name), below(pointer, "security"))
		}
	}
}

// follow keeps the component that a $ref leads to, and what that leads to.
func (r *reach) follow(ref any, pointer string) {
	text, _ := ref.(string)
	keys, ok := fragment(text)
	problem := ""
	switch {
	case !ok:
		problem = "does not point within the document; other files and URLs are never read"
	case len(keys) < 3 || keys[0] != "components":
		problem = "does not point at a component"
	case !has(r.root, keys):
		problem = "leads nowhere"
	default:
		r.keep(keys[1], keys[2])
		return
	}
	if r.err == nil {
		r.err = fmt.Errorf("#%s: %q %s", pointer, ref, problem)
	}
}

func (r *reach) keep(section, name string) {
	kept, ok := r.components[section].(map[string]any)
	if !ok {
		kept = map[string]any{}
		r.components[section] = kept
	}
	if _, ok := kept[name]; ok {
		return
	}
	kept[name], _ = at(r.root, "components", section, name)
	r.walk(kept[name], keywords, below(below("/components", section), name))
}
