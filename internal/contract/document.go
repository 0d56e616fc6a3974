package contract

// The closed copy of the document: what it does not list is not allowed.

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/ascmarketplace/webhooks/openapi"
)

// Load returns the contract of the embedded document, which is parsed once per process.
var Load = sync.OnceValues(func() (*Contract, error) {
	doc, err := openapi3.NewLoader().LoadFromData(openapi.AppStoreConnect())
	if err != nil {
		return nil, fmt.Errorf("contract: reading the OpenAPI document: %w", err)
	}
	return New(doc)
})

// documentText is the embedded document as it is, copied once per process.
var documentText = sync.OnceValue(openapi.AppStoreConnect)

// New closes an OpenAPI document, which is the contract's from then on. The result is immutable and safe for
// concurrent use.
func New(doc *openapi3.T) (*Contract, error) {
	if err := doc.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("contract: the OpenAPI document is not valid: %w", err)
	}
	c := &Contract{doc: doc, errorResponse: doc.Components.Schemas["ErrorResponse"]}
	if c.errorResponse == nil {
		return nil, errors.New("contract: the OpenAPI document has no schema ErrorResponse")
	}
	closeDocument(doc)
	c.formats = openapi3.WithStringFormatValidators(map[string]openapi3.StringFormatValidator{
		"uri":           openapi3.NewCallbackValidator(AbsoluteURI),
		"uri-reference": openapi3.NewCallbackValidator(uriReference),
	})
	c.options = &openapi3filter.Options{
		IncludeResponseStatus:   true,
		MultiError:              true,
		SkipSettingDefaults:     true,
		AuthenticationFunc:      bearerPresent,
		SchemaValidationOptions: []openapi3.SchemaValidationOption{c.formats, openapi3.DisableSchemaErrorDetails()},
	}
	return c, nil
}

// EventTypes returns the event types that a webhook may subscribe to.
func (c *Contract) EventTypes() (names []string) {
	for _, name := range c.doc.Components.Schemas["WebhookEventType"].Value.Enum {
		names = append(names, name.(string))
	}
	return names
}

// closeDocument closes each schema that a component or an operation reaches.
func closeDocument(doc *openapi3.T) {
	closed := closer{}
	for _, schema := range doc.Components.Schemas {
		closed.close(schema)
	}
	for _, item := range doc.Paths.Map() {
		for _, operation := range item.Operations() {
			if operation.RequestBody != nil {
				closed.closeContent(operation.RequestBody.Value.Content)
			}
			for _, response := range operation.Responses.Map() {
				closed.closeContent(response.Value.Content)
			}
		}
	}
}

// closer remembers the schemas that it has closed, since they may refer to each other in a circle.
type closer map[*openapi3.Schema]bool

func (c closer) closeContent(content openapi3.Content) {
	for _, media := range content {
		c.close(media.Schema)
	}
}

func (c closer) close(ref *openapi3.SchemaRef) {
	if ref == nil || ref.Value == nil || c[ref.Value] {
		return
	}
	schema := ref.Value
	c[schema] = true
	silent := schema.AdditionalProperties.Has == nil && schema.AdditionalProperties.Schema == nil
	if len(schema.Properties) > 0 && silent {
		schema.AdditionalProperties.Has = new(bool)
	}
	for _, property := range schema.Properties {
		c.close(property)
	}
	c.close(schema.AdditionalProperties.Schema)
	c.close(schema.Items)
	for _, refs := range []openapi3.SchemaRefs{schema.OneOf, schema.AnyOf, schema.AllOf} {
		for _, branch := range refs {
			c.close(branch)
		}
	}
}

// AbsoluteURI is the format uri. Its errors never quote the value.
func AbsoluteURI(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Hostname() == "" || strings.ContainsAny(s, " \"<>\\^`{|}") {
		return errors.New("not an absolute URI with a host")
	}
	return nil
}

func uriReference(s string) error {
	if _, err := url.Parse(s); err != nil {
		return errors.New("not a URI reference")
	}
	return nil
}
