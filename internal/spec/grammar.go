package spec

import "strings"

// position says what a value in an OpenAPI document is, so that a property
// called title or $ref is never taken for the keyword of that name.
type position int

const (
	keywords position = iota // an object of OpenAPI's own keywords, or a list of such
	names                    // an object from names to such objects
	literal                  // a value that is nobody's business
)

// child returns the position of the value at key within an object at position p.
func (p position) child(key string, value any) position {
	if p == names {
		return keywords
	}
	if p == literal || strings.HasPrefix(key, "x-") {
		return literal
	}
	switch key {
	case "default", "enum", "security", "scopes", "mapping":
		return literal
	case "paths", "properties", "responses", "content", "headers", "encoding", "variables", "callbacks",
		"links", "schemas", "parameters", "requestBodies", "securitySchemes":
		if _, ok := value.(map[string]any); ok {
			return names
		}
	}
	return keywords
}
