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
}

// prune drops every component that nothing leads to. It refuses a $ref that
// leads nowhere, into another file, or out of the components.
func prune(root map[string]any) (map[string]any, error) {
	r := &reach{root: root, components: map[string]any{}}
	for _, key := range []string{"security", "paths"} {
		if err := r.walk(root[key], keywords.child(key, root[key]), "/"+key); err != nil {
			return nil, err
		}
	}
	if err := r.security(root["security"], "/security"); err != nil {
		return nil, err
	}
	pruned := maps.Clone(root)
	pruned["components"] = r.components
	return pruned, nil
}

func (r *reach) walk(value any, p position, pointer string) error {
	switch value := value.(type) {
	case []any:
		for i, item := range value {
			if err := r.walk(item, p, belowIndex(pointer, i)); err != nil {
				return err
			}
		}
	case map[string]any:
		if p == keywords {
			if err := r.leads(value, pointer); err != nil {
				return err
			}
		}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			if err := r.walk(value[key], p.child(key, value[key]), below(pointer, key)); err != nil {
				return err
			}
		}
	}
	return nil
}

// leads follows what an object of keywords points at by name.
func (r *reach) leads(object map[string]any, pointer string) error {
	if ref, ok := object["$ref"]; ok {
		if err := r.follow(ref, below(pointer, "$ref")); err != nil {
			return err
		}
	}
	mapping, _ := at(object, "discriminator", "mapping")
	byValue, _ := mapping.(map[string]any)
	for _, value := range slices.Sorted(maps.Keys(byValue)) {
		if err := r.follow(byValue[value], below(pointer+"/discriminator/mapping", value)); err != nil {
			return err
		}
	}
	if security, ok := object["security"]; ok {
		return r.security(security, below(pointer, "security"))
	}
	return nil
}

// follow keeps the component that a $ref leads to, and what that leads to.
func (r *reach) follow(ref any, pointer string) error {
	text, _ := ref.(string)
	keys, ok := fragment(text)
	if !ok {
		return fmt.Errorf("#%s: %q does not point within the document; other files and URLs are never read", pointer, ref)
	}
	if len(keys) < 3 || keys[0] != "components" {
		return fmt.Errorf("#%s: %q does not point at a component", pointer, ref)
	}
	if _, ok := at(r.root, keys...); !ok {
		return fmt.Errorf("#%s: %q leads nowhere", pointer, ref)
	}
	return r.keep(keys[1], keys[2])
}

func (r *reach) keep(section, name string) error {
	component, ok := at(r.root, "components", section, name)
	if !ok {
		return fmt.Errorf("#/components/%s has no %q", section, name)
	}
	kept, ok := r.components[section].(map[string]any)
	if !ok {
		kept = map[string]any{}
		r.components[section] = kept
	}
	if _, ok := kept[name]; ok {
		return nil
	}
	kept[name] = component
	return r.walk(component, keywords, below(below("/components", section), name))
}

// security keeps the schemes that a list of security requirements names.
func (r *reach) security(requirements any, pointer string) error {
	list, _ := requirements.([]any)
	for i, requirement := range list {
		schemes, _ := requirement.(map[string]any)
		for name := range schemes {
			if _, ok := at(r.root, "components", "securitySchemes", name); !ok {
				return fmt.Errorf("#%s: there is no security scheme %q", belowIndex(pointer, i), name)
			}
			if err := r.keep("securitySchemes", name); err != nil {
				return err
			}
		}
	}
	return nil
}
