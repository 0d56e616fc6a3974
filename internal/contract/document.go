package contract

// The closed copy of the document: what it does not list is not allowed.

import (
	"context"
	"encoding/json"
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
	doc, err := openapi3.NewLoader().LoadFromData(openapi.AppStoreConnect())
	if err != nil {
		return nil, fmt.Errorf("contract: reading the OpenAPI document: %w", err)
	}
	return New(doc)
})

// documentText is the embedded document as it is, copied once per process.
var documentText = sync.OnceValue(openapi.AppStoreConnect)

// New closes a copy of an OpenAPI document. The result is immutable and safe for concurrent use.
func New(doc *openapi3.T) (*Contract, error) {
	if err := doc.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("contract: the OpenAPI document is not valid: %w", err)
	}
	doc, err := closed(doc)
	if err != nil {
		return nil, fmt.Errorf("contract: closing the OpenAPI document: %w", err)
	}
	c := &Contract{doc: doc, errorResponse: doc.Components.Schemas["ErrorResponse"]}
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
	for _, item := range c.Paths() {
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

// closed returns a copy of the document that allows in each object only the properties that it lists.
func closed(doc *openapi3.T) (*openapi3.T, error) {
	text, err := doc.MarshalJSON()
	if err != nil {
		return nil, err
	}
	var members any
	_ = json.Unmarshal(text, &members) // it is JSON, and stays so
	closeObjects(members)
	text, _ = json.Marshal(members)
	return openapi3.NewLoader().LoadFromData(text)
}

func closeObjects(value any) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			closeObjects(item)
		}
	case map[string]any:
		for _, member := range value {
			closeObjects(member)
		}
		properties, _ := value["properties"].(map[string]any)
		if _, said := value["additionalProperties"]; len(properties) > 0 && !said {
			value["additionalProperties"] = false
		}
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
