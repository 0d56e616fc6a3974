package asctest

// Reading the body of a create or an update by hand, so that each mistake
// gets the error that App Store Connect gives it. The contract, which reads
// the document, checks the outcome.

import (
	"encoding/json"
	"maps"
	"mime"
	"net/http"
	"slices"
)

const resourceType = "marketplaceWebhooks"

// change is what a create or an update asks for. Nil leaves a value alone.
type change struct {
	id                  string
	endpointURL, secret *string
}

// readChange reads the body of c.
func readChange(c *call) (change, []apiError) {
	if mediaType, _, err := mime.ParseMediaType(c.request.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		return change{}, []apiError{newError(http.StatusUnsupportedMediaType, "", "The body must be application/json.")}
	}
	var top any
	if err := json.Unmarshal(c.body, &top); err != nil {
		return change{}, []apiError{newError(http.StatusBadRequest, "ENTITY_INVALID", "The body is not JSON.")}
	}
	object, _ := top.(map[string]any)
	data, ok := object["data"].(map[string]any)
	if !ok {
		return change{}, []apiError{unprocessable("/data", "The body needs an object named data.")}
	}
	if errs := checkShape(object, data, c.operation == Update); len(errs) > 0 {
		return change{}, errs
	}
	attributes, _ := data["attributes"].(map[string]any)
	wanted, errs := readAttributes(attributes, c.operation == Create)
	wanted.id, _ = data["id"].(string)
	return wanted, errs
}

// checkShape checks everything but the attributes.
func checkShape(top, data map[string]any, update bool) (errs []apiError) {
	members := []string{"type", "attributes"}
	if update {
		members = append(members, "id")
	}
	for _, name := range others(top, "data") {
		errs = append(errs, unprocessable("/"+escapePointer(name), "This member is not expected."))
	}
	for _, name := range others(data, members...) {
		errs = append(errs, unprocessable("/data/"+escapePointer(name), "This member is not expected."))
	}
	if data["type"] != resourceType {
		errs = append(errs, unprocessable("/data/type", "The type must be '"+resourceType+"'."))
	}
	if _, isString := data["id"].(string); update && !isString {
		errs = append(errs, unprocessable("/data/id", "The id must be a string."))
	}
	attributes, present := data["attributes"]
	if _, isObject := attributes.(map[string]any); !isObject && (present || !update) {
		errs = append(errs, unprocessable("/data/attributes", "The attributes must be an object."))
	}
	return errs
}

// readAttributes reads endpointUrl and secret, both required by a create.
func readAttributes(attributes map[string]any, required bool) (c change, errs []apiError) {
	for _, name := range others(attributes, "endpointUrl", "secret") {
		errs = append(errs, attributeError("UNKNOWN", name, "There is no such attribute."))
	}
	read := func(name string) *string {
		value, present := attributes[name]
		text, isString := value.(string)
		switch {
		case value == nil && required:
			errs = append(errs, attributeError("REQUIRED", name, "The attribute is required."))
		case present && value != nil && !isString:
			errs = append(errs, attributeError("TYPE", name, "The attribute must be a string."))
		case isString:
			return &text
		}
		return nil
	}
	c = change{endpointURL: read("endpointUrl"), secret: read("secret")}
	if c.endpointURL != nil && absoluteURI(*c.endpointURL) != nil {
		errs = append(errs, attributeError("INVALID", "endpointUrl", "The attribute must be an absolute URL."))
	}
	// Assumed: what Apple says to an empty secret is not documented.
	if c.secret != nil && *c.secret == "" {
		errs = append(errs, attributeError("INVALID", "secret", "The attribute must not be empty."))
	}
	return c, errs
}

// others returns the member names that are not known, in order.
func others(object map[string]any, known ...string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(object)), func(name string) bool {
		return slices.Contains(known, name)
	})
}
