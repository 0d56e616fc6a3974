package spec

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// inclusions cuts what operations offer to include and kept.yaml doesn't list:
// the values of the parameter include, the included schemas, and the relationships.
type inclusions struct {
	root  map[string]any
	kept  map[string]Operation
	whole map[string]any      // schemas that an operation without a list leads to
	stays map[string][]string // the relationships that stay, by the resource's type
	types map[string][]string // the types that stay in included, by the response's schema
}

// cutIncludes cuts from root, in place, what the lists of includes leave out.
// Whatever an operation without a list leads to stays whole.
func cutIncludes(root map[string]any, kept map[string]Operation) error {
	i := &inclusions{root: root, kept: kept, stays: map[string][]string{}, types: map[string][]string{}}
	var unlisted []string
	for id, operation := range kept {
		if operation.Include == nil {
			unlisted = append(unlisted, id)
		}
	}
	if len(unlisted) == len(kept) {
		return nil
	}
	paths, _ := keepOperations(root, unlisted)
	plain, err := prune(map[string]any{"paths": paths, "components": root["components"]})
	if err != nil {
		return err
	}
	i.whole, _ = plain["components"].(map[string]any)["schemas"].(map[string]any)
	operations(root, func(route, _ string, operation map[string]any) {
		if err == nil {
			err = i.operation(route, operation)
		}
	})
	i.schemas()
	return err
}

// operation cuts an operation's parameters and notes what it includes, or reads as a related list.
func (i *inclusions) operation(route string, operation map[string]any) error {
	id, _ := operation["operationId"].(string)
	if parent, relationship := path.Split(route); path.Base(parent) == "{id}" {
		ofType := path.Base(path.Dir(path.Clean(parent)))
		i.stays[ofType] = append(i.stays[ofType], relationship)
	}
	include := i.kept[id].Include
	if include == nil {
		return nil
	}
	offered := cutParameters(operation, include)
	response, resource := i.response(operation)
	types := i.types[response]
	for _, name := range include {
		of, found := relatedTypes(resource, name)
		if !found || !slices.Contains(offered, name) {
			return fmt.Errorf("kept.yaml: %s can't include %s; it offers: %s", id, name, strings.Join(offered, ", "))
		}
		types = append(types, of...)
	}
	i.types[response] = types
	if of := typesOf(resource); len(of) == 1 {
		i.stays[of[0]] = append(i.stays[of[0]], include...)
	}
	return nil
}

// cutParameters leaves of an operation's parameters those that serve what is
// included, none of them fields, and returns what it offered to include.
func cutParameters(operation map[string]any, include []string) (offered []string) {
	parameters, _ := operation["parameters"].([]any)
	operation["parameters"] = slices.DeleteFunc(parameters, func(parameter any) bool {
		object, _ := parameter.(map[string]any)
		name, _ := object["name"].(string)
		if name == "include" {
			items, _ := at(object, "schema", "items")
			offered = enum(items)
			keepValues(items, "enum", func(value any) bool { return slices.Contains(include, fmt.Sprint(value)) })
			return len(include) == 0
		}
		related, isLimit := strings.CutPrefix(name, "limit[")
		return strings.HasPrefix(name, "fields[") || isLimit && !slices.Contains(include, strings.TrimSuffix(related, "]"))
	})
	if len(parameters) == 0 || len(operation["parameters"].([]any)) == 0 {
		delete(operation, "parameters")
	}
	return offered
}

// response returns the name of the schema of an operation's success, and the resource that its data is or lists.
func (i *inclusions) response(operation map[string]any) (name string, resource any) {
	responses, _ := operation["responses"].(map[string]any)
	for status, response := range responses {
		ref, ok := at(response, "content", "application/json", "schema", "$ref")
		if !strings.HasPrefix(status, "2") || !ok {
			continue
		}
		name = path.Base(fmt.Sprint(ref))
		data, _ := at(i.root, "components", "schemas", name, "properties", "data")
		if items, ok := at(data, "items"); ok {
			data = items
		}
		resource = i.resolved(data)
	}
	return name, resource
}

// schemas cuts the included resources of responses, and the relationships of resources.
func (i *inclusions) schemas() {
	schemas, _ := at(i.root, "components", "schemas")
	byName, _ := schemas.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		properties, _ := at(byName[name], "properties")
		object, _ := properties.(map[string]any)
		if _, ok := i.whole[name]; ok || object == nil {
			continue
		}
		if types, ok := i.types[name]; ok {
			i.cutIncluded(object, types)
		}
		of := typesOf(byName[name])
		relationships, _ := at(object, "relationships", "properties")
		if byName, ok := relationships.(map[string]any); ok && len(of) == 1 {
			maps.DeleteFunc(byName, func(name string, _ any) bool { return !slices.Contains(i.stays[of[0]], name) })
			if len(byName) == 0 {
				delete(object, "relationships")
			}
		}
	}
}

// cutIncluded leaves the schemas of these types in a response's included.
func (i *inclusions) cutIncluded(properties map[string]any, types []string) {
	if len(types) == 0 {
		delete(properties, "included")
		return
	}
	items, _ := at(properties, "included", "items")
	keepValues(items, "oneOf", func(schema any) bool {
		of := typesOf(i.resolved(schema))
		return slices.ContainsFunc(of, func(t string) bool { return slices.Contains(types, t) })
	})
	mapping, _ := at(items, "discriminator", "mapping")
	if byType, ok := mapping.(map[string]any); ok {
		maps.DeleteFunc(byType, func(name string, _ any) bool { return !slices.Contains(types, name) })
	}
}

func (i *inclusions) resolved(schema any) any {
	if ref, ok := at(schema, "$ref"); ok {
		keys, _ := fragment(fmt.Sprint(ref))
		schema, _ = at(i.root, keys...)
	}
	return schema
}

// relatedTypes returns the types of what a resource's relationship leads to.
func relatedTypes(resource any, name string) ([]string, bool) {
	data, ok := at(resource, "properties", "relationships", "properties", name, "properties", "data")
	if items, isList := at(data, "items"); isList {
		data = items
	}
	return typesOf(data), ok
}

// typesOf returns the values of a resource's member type.
func typesOf(resource any) []string {
	of, _ := at(resource, "properties", "type")
	return enum(of)
}

func enum(schema any) (values []string) {
	list, _ := at(schema, "enum")
	items, _ := list.([]any)
	for _, value := range items {
		values = append(values, fmt.Sprint(value))
	}
	return values
}

// keepValues leaves in an object's list what keep says.
func keepValues(object any, key string, keep func(any) bool) {
	if list, ok := at(object, key); ok {
		object.(map[string]any)[key] = slices.DeleteFunc(list.([]any), func(value any) bool { return !keep(value) })
	}
}
