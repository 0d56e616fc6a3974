package spec

import "fmt"

// nameSchemas makes components of the schemas that have no name upstream. A
// document that has the component and a $ref to it comes out the same.
func nameSchemas(root map[string]any, named []NamedSchema) Ledger {
	var ledger Ledger
	for _, schema := range named {
		finding := Finding{Correction: schema.Name + " has a name of its own"}
		finding.Status, finding.Detail = nameSchema(root, schema)
		ledger = append(ledger, finding)
	}
	return ledger
}

func nameSchema(root map[string]any, schema NamedSchema) (Status, string) {
	keys, ok := tokens(schema.At)
	if !ok {
		return NoTarget, fmt.Sprintf("%q is not a JSON pointer", schema.At)
	}
	last := len(keys) - 1
	parent, _ := at(root, keys[:last]...)
	holder, _ := parent.(map[string]any)
	inline, ok := holder[keys[last]].(map[string]any)
	if !ok {
		return NoTarget, fmt.Sprintf("#%s is not there", schema.At)
	}
	ref := "#" + below("/components/schemas", schema.Name)
	if inline["$ref"] == ref {
		return AlreadySo, ""
	}
	if other, ok := inline["$ref"]; ok {
		return NoTarget, fmt.Sprintf("#%s is %v upstream", schema.At, other)
	}
	components, _ := at(root, "components", "schemas")
	schemas, ok := components.(map[string]any)
	if _, taken := schemas[schema.Name]; taken || !ok {
		return NoTarget, fmt.Sprintf("upstream has another schema called %s", schema.Name)
	}
	schemas[schema.Name] = inline
	holder[keys[last]] = map[string]any{"$ref": ref}
	return Applied, ""
}
