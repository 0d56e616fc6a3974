package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// refuseCycles refuses schemas that contain themselves in a way that the
// generator turns into an endless type. A list or map of the schema, or a
// oneOf, may stand within it; a list may not consist of itself.
func refuseCycles(root map[string]any) error {
	for _, edges := range []func(any, string) []edge{contained, aliased} {
		search := cycleSearch{root: root, edges: edges, done: map[string]bool{}}
		schemas, _ := at(root, "components", "schemas")
		all, _ := schemas.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if err := search.visit(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// edge is a $ref to a schema, and where it stands.
type edge struct{ name, pointer string }

type cycleSearch struct {
	root  map[string]any
	edges func(schema any, pointer string) []edge
	done  map[string]bool
	trail []string
}

func (s *cycleSearch) visit(name string) error {
	if s.done[name] {
		return nil
	}
	s.trail = append(s.trail, name)
	schema, _ := at(s.root, "components", "schemas", name)
	for _, edge := range s.edges(schema, below("/components/schemas", name)) {
		if i := slices.Index(s.trail, edge.name); i >= 0 {
			return fmt.Errorf("#%s: a $ref cycle that the generator cannot take: %s -> %s",
				edge.pointer, strings.Join(s.trail[i:], " -> "), edge.name)
		}
		if err := s.visit(edge.name); err != nil {
			return err
		}
	}
	s.trail = s.trail[:len(s.trail)-1]
	s.done[name] = true
	return nil
}

// contained lists the schemas that become part of a schema's own Go struct.
func contained(schema any, pointer string) []edge {
	object, _ := schema.(map[string]any)
	if ref, ok := schemaRef(object); ok {
		return []edge{{ref, below(pointer, "$ref")}}
	}
	var edges []edge
	members, _ := object["allOf"].([]any)
	for i, member := range members {
		edges = append(edges, contained(member, belowIndex(below(pointer, "allOf"), i))...)
	}
	properties, _ := object["properties"].(map[string]any)
	required, _ := object["required"].([]any)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		property, _ := properties[name].(map[string]any)
		if property["properties"] != nil && !slices.Contains(required, any(name)) {
			continue // an optional anonymous object becomes a pointer
		}
		edges = append(edges, contained(property, below(below(pointer, "properties"), name))...)
	}
	return edges
}

// aliased lists the schemas that a schema is only another name for, or a list of.
func aliased(schema any, pointer string) []edge {
	object, _ := schema.(map[string]any)
	if ref, ok := schemaRef(object); ok {
		return []edge{{ref, below(pointer, "$ref")}}
	}
	if members, _ := object["allOf"].([]any); len(members) == 1 {
		return aliased(members[0], belowIndex(below(pointer, "allOf"), 0))
	}
	if items, ok := object["items"]; ok {
		return aliased(items, below(pointer, "items"))
	}
	return nil
}

func schemaRef(object map[string]any) (string, bool) {
	ref, _ := object["$ref"].(string)
	keys, ok := fragment(ref)
	if !ok || len(keys) < 3 || keys[1] != "schemas" {
		return "", false
	}
	return keys[2], true
}
