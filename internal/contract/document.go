package contract

// The document is closed: what it does not list is not allowed.

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/ascmarketplace/webhooks/openapi"
)

// Load returns the contract of the embedded document, which is parsed once per process.
var Load = sync.OnceValues(func() (*Contract, error) {
	doc, err := openapi3.NewLoader().LoadFromData(documentText())
	if err != nil {
		return nil, fmt.Errorf("contract: reading the OpenAPI document: %w", err)
	}
	return New(doc)
})

// documentText is the embedded document as it is, decompressed once per process. Nobody changes it.
var documentText = sync.OnceValue(openapi.AppStoreConnect)

// New closes an OpenAPI document, which is the contract's from then on. The result is immutable and safe for
// concurrent use.
func New(doc *openapi3.T) (*Contract, error) {
	if err := doc.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("contract: the OpenAPI document is not valid: %w", err)
	}
	closeDocument(doc)
	c := &Contract{doc: doc, errorResponse: doc.Components.Schemas["ErrorResponse"], segments: map[string][]string{}}
	if c.errorResponse == nil {
		return nil, errors.New("contract: the OpenAPI document has no schema ErrorResponse")
	}
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
	for template, item := range c.Paths() {
		c.segments[template] = strings.Split(template, "/")
		for _, operation := range item.Operations() {
			c.operations = append(c.operations, operation.OperationID)
		}
	}
	slices.Sort(c.operations)
	c.readTypes()
	return c, nil
}

// EventTypes returns the event types that a webhook may subscribe to.
func (c *Contract) EventTypes() (names []string) {
	for _, name := range c.doc.Components.Schemas["WebhookEventType"].Value.Enum {
		names = append(names, name.(string))
	}
	return names
}

// closeDocument allows in each object of a request's or a response's body only the properties that it lists.
func closeDocument(doc *openapi3.T) {
	seen := map[*openapi3.Schema]bool{}
	for _, item := range doc.Paths.Map() {
		for _, operation := range item.Operations() {
			if operation.RequestBody != nil {
				closeContent(operation.RequestBody.Value.Content, seen)
			}
			for _, response := range operation.Responses.Map() {
				closeContent(response.Value.Content, seen)
			}
		}
	}
}

func closeContent(content openapi3.Content, seen map[*openapi3.Schema]bool) {
	for _, media := range content {
		closeSchema(media.Schema, seen)
	}
}

func closeSchema(ref *openapi3.SchemaRef, seen map[*openapi3.Schema]bool) {
	if ref == nil || seen[ref.Value] {
		return
	}
	schema := ref.Value
	seen[schema] = true
	for _, property := range schema.Properties {
		closeSchema(property, seen)
	}
	for _, branch := range slices.Concat(schema.AllOf, schema.AnyOf, schema.OneOf) {
		closeSchema(branch, seen)
	}
	closeSchema(schema.Items, seen)
	closeSchema(schema.AdditionalProperties.Schema, seen)
	if more := &schema.AdditionalProperties; len(schema.Properties) > 0 && more.Has == nil && more.Schema == nil {
		more.Has = new(false)
	}
}

// AbsoluteURI is the format uri. Its errors never quote the value.
func AbsoluteURI(s string) error {
	u, err := url.Parse(s)
	notASCII := func(r rune) bool { return r > unicode.MaxASCII }
	if err != nil || u.Scheme == "" || u.Hostname() == "" || strings.ContainsAny(s, " \"<>\\^`{|}") ||
		strings.ContainsFunc(s, notASCII) {
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
