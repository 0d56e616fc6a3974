package contract

// What the document says of the types of resources, and of the reads that show them.

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// ResourceType is a type of resources.
type ResourceType struct {
	Relationships map[string]Relationship // those that were kept, or that an operation reads
	attributes    *openapi3.Schema
}

// Relationship leads from a resource to others.
type Relationship struct {
	Type    string // of the others
	Many    bool
	Members []string // what the document shows of it: data, links, meta; none if only an operation has it
}

// Read is what a GET reads: /v1/TYPE, /v1/TYPE/{id} or /v1/TYPE/{id}/NAME.
type Read struct {
	Type, Name string // Name is that of a relationship, or empty
	Instance   bool   // the path has an id
	Shows      string // the type of what it responds with
	Many       bool
	Included   []string // the types that it may include
}

// Read returns what an operation reads; ok is false if it is no read.
func (c *Contract) Read(operation string) (read Read, ok bool) {
	read, ok = c.reads[operation]
	return read, ok
}

// ResourceType returns what the document has of a type, or nil.
func (c *Contract) ResourceType(name string) *ResourceType { return c.types[name] }

// HasAttribute reports whether the document lists an attribute.
func (t *ResourceType) HasAttribute(name string) bool {
	return t.attributes != nil && t.attributes.Properties[name] != nil
}

// CheckAttributes returns a violation for each rule that a resource's attributes, decoded from JSON, break.
func (c *Contract) CheckAttributes(t *ResourceType, attributes map[string]any) []*Violation {
	found := &violations{}
	if t.attributes == nil {
		t = &ResourceType{attributes: openapi3.NewObjectSchema().WithoutAdditionalProperties()}
	}
	found.addAll(t.attributes.VisitJSON(attributes, c.formats,
		openapi3.MultiErrors(), openapi3.VisitAsResponse(), openapi3.DisableSchemaErrorDetails()))
	return found.found
}

// readTypes finds the types of resources among the schemas, and the reads among the operations.
func (c *Contract) readTypes() {
	c.types, c.reads = map[string]*ResourceType{}, map[string]Read{}
	for _, schema := range c.doc.Components.Schemas {
		if name := typeName(schema); name != "" && schema.Value.Properties["id"] != nil {
			c.types[name] = newResourceType(schema.Value)
		}
	}
	for template, item := range c.Paths() {
		if item.Get == nil || item.Get.Responses.Status(http.StatusOK) == nil {
			continue
		}
		read, ok := newRead(template, item.Get)
		if !ok {
			continue
		}
		c.reads[item.Get.OperationID] = read
		if parent := c.types[read.Type]; read.Name != "" && parent != nil {
			relationship := parent.Relationships[read.Name]
			relationship.Type, relationship.Many = read.Shows, read.Many
			parent.Relationships[read.Name] = relationship
		}
	}
}

func newResourceType(schema *openapi3.Schema) *ResourceType {
	t := &ResourceType{Relationships: map[string]Relationship{}}
	if attributes := schema.Properties["attributes"]; attributes != nil {
		t.attributes = attributes.Value
	}
	if schema.Properties["relationships"] == nil {
		return t
	}
	for name, property := range schema.Properties["relationships"].Value.Properties {
		relationship := Relationship{Members: slices.Sorted(maps.Keys(property.Value.Properties))}
		relationship.Type, relationship.Many = dataOf(property.Value)
		t.Relationships[name] = relationship
	}
	return t
}

func newRead(template string, operation *openapi3.Operation) (read Read, ok bool) {
	segments := strings.Split(strings.TrimPrefix(template, "/v1/"), "/")
	media := operation.Responses.Status(http.StatusOK).Value.Content.Get("application/json")
	if len(segments) > 3 || media == nil || media.Schema == nil {
		return read, false
	}
	read = Read{Type: segments[0], Instance: len(segments) > 1}
	if len(segments) == 3 {
		read.Name = segments[2]
	}
	response := media.Schema.Value
	read.Shows, read.Many = dataOf(response)
	if included := response.Properties["included"]; included != nil && included.Value.Items != nil {
		items := included.Value.Items
		for _, each := range append(openapi3.SchemaRefs{items}, items.Value.OneOf...) {
			if name := typeName(each); name != "" {
				read.Included = append(read.Included, name)
			}
		}
	}
	return read, read.Shows != ""
}

// dataOf is the type that the property data of a response or of a relationship has, one or many of it.
func dataOf(schema *openapi3.Schema) (name string, many bool) {
	data := schema.Properties["data"]
	if data == nil {
		return "", false
	}
	if data.Value.Items != nil {
		return typeName(data.Value.Items), true
	}
	return typeName(data), false
}

// typeName is the one value that the property type may have.
func typeName(schema *openapi3.SchemaRef) string {
	if property := schema.Value.Properties["type"]; property != nil && len(property.Value.Enum) == 1 {
		name, _ := property.Value.Enum[0].(string)
		return name
	}
	return ""
}
