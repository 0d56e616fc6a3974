// Package contract judges requests and responses by the OpenAPI document of App Store Connect. It closes the document:
// what that does not list is not allowed.
package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// contract is a closed document with the options to validate against it.
type Contract struct {
	doc           *openapi3.T
	errorResponse *openapi3.SchemaRef
	formats       openapi3.SchemaValidationOption
	options       *openapi3filter.Options
}

// Exchange is a request, with its response once there is one.
type Exchange struct {
	Method  string
	URL     *url.URL
	Header  http.Header
	Body    []byte
	Secrets []string // what the response must not hold

	Status         int
	ResponseHeader http.Header
	Response       []byte
}

// Operation returns the operationId of a request by its still escaped path, and its path parameters. It is empty if
// the document has no such operation.
func (c *Contract) Operation(method, path string) (id string, params map[string]string) {
	route, params := c.route(method, path)
	if route == nil {
		return "", nil
	}
	return route.Operation.OperationID, params
}

// Operations returns the operationIds, sorted.
func (c *Contract) Operations() (ids []string) {
	for _, item := range c.Paths() {
		for _, operation := range item.Operations() {
			ids = append(ids, operation.OperationID)
		}
	}
	slices.Sort(ids)
	return ids
}

// Paths returns the document's path items by their templates.
func (c *Contract) Paths() map[string]*openapi3.PathItem { return c.doc.Paths.Map() }

// route finds the operation of a request by its still escaped path. Without
// one it returns nil.
func (c *Contract) route(method, path string) (*routers.Route, map[string]string) {
	template, item, params := c.Find(path)
	if item == nil || item.GetOperation(method) == nil {
		return nil, params
	}
	return &routers.Route{
		Spec: c.doc, Path: template, PathItem: item, Method: method, Operation: item.GetOperation(method),
	}, params
}

// Find returns the path item of a still escaped path, or nil.
func (c *Contract) Find(path string) (template string, item *openapi3.PathItem, params map[string]string) {
	segments := strings.Split(path, "/")
	for template, item := range c.doc.Paths.Map() {
		if params, ok := match(strings.Split(template, "/"), segments); ok {
			return template, item, params
		}
	}
	return "", nil, nil
}

func match(template, segments []string) (map[string]string, bool) {
	if len(template) != len(segments) {
		return nil, false
	}
	params := map[string]string{}
	for i, part := range template {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			value, err := url.PathUnescape(segments[i])
			if err != nil || value == "" || value == "." || value == ".." {
				return nil, false
			}
			params[strings.TrimSuffix(name, "}")] = value
		} else if part != segments[i] {
			return nil, false
		}
	}
	return params, true
}

// CheckRequest returns a violation for each rule that the request breaks.
func (c *Contract) CheckRequest(x *Exchange) []*Violation {
	route, params := c.route(x.Method, x.URL.EscapedPath())
	found := &violations{operation: x.name(""), side: "request"}
	if route == nil {
		found.add("", "the document has no such operation")
		return found.found
	}
	found.operation = route.Operation.OperationID
	checkQuery(found, route, x.URL.RawQuery)
	if len(found.found) > 0 {
		return found.found // kin-openapi takes the first of several values
	}
	if route.Operation.RequestBody != nil {
		if !isJSON(x.Header.Get("Content-Type")) {
			found.addKind(KindMediaType, "", "the body is application/json")
			return found.found
		}
		found.checkJSON(x.Body)
		if len(found.found) > 0 {
			return found.found
		}
		// Assumed: what Apple responds to an empty secret is not documented.
		if s, ok := SentSecret(x.Body); ok && s == "" {
			found.addKind("minLength", "/data/attributes/secret", "not empty")
		}
	}
	found.addAll(openapi3filter.ValidateRequest(context.Background(), c.input(x, route, params)))
	return found.found
}

func isJSON(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	return err == nil && mediaType == "application/json"
}

// checkQuery adds the rules that the document implies and kin-openapi lets pass.
func checkQuery(found *violations, route *routers.Route, raw string) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		found.addKind(KindEscape, "", "query: correctly escaped")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		switch known := route.Operation.Parameters.GetByInAndName("query", name); {
		case name == "cursor" && isPaged(route.Operation): // no document has it, and every links.next
		case known == nil:
			found.addParameter(KindUnknown, name, "unknown to the operation")
		case len(query[name]) > 1:
			found.addParameter(KindTwice, name, "given once")
		case known.Schema.Value.Type.Is("integer") && !positive(query.Get(name)):
			found.addParameter("", name, "a whole number from 1")
		}
	}
}

// isPaged is true of the lists whose responses may link to another page.
func isPaged(operation *openapi3.Operation) bool {
	return strings.HasSuffix(operation.OperationID, "_getToManyRelated")
}

func positive(s string) bool {
	return s != "" && s[0] != '0' && strings.Trim(s, "0123456789") == ""
}

// CheckResponse returns a violation for each rule that the response breaks.
func (c *Contract) CheckResponse(x *Exchange) []*Violation {
	route, params := c.route(x.Method, x.URL.EscapedPath())
	found := &violations{operation: x.name(""), side: "response " + strconv.Itoa(x.Status)}
	listed := false
	if route != nil {
		found.operation = route.Operation.OperationID
		listed = route.Operation.Responses.Value(strconv.Itoa(x.Status)) != nil
	}
	switch {
	case x.Method == http.MethodHead:
	case listed && x.Status == http.StatusNoContent:
		if len(x.Response) > 0 {
			found.add("", "a 204 has no body")
		}
	case listed:
		input := &openapi3filter.ResponseValidationInput{
			RequestValidationInput: c.input(x, route, params),
			Status:                 x.Status, Header: x.ResponseHeader, Options: c.options,
		}
		found.addAll(openapi3filter.ValidateResponse(context.Background(), input.SetBodyBytes(x.Response)))
		found.checkJSON(x.Response)
	case x.Status == http.StatusNotAcceptable:
		if !strings.HasPrefix(x.ResponseHeader.Get("Content-Type"), "text/plain") {
			found.add("", "a 406 is plain text")
		}
	case unlistedError(x.Status) || route == nil && x.Status >= 400 && x.Status < 500:
		c.checkError(found, x)
	default:
		found.add("", "the document does not list this status")
	}
	checkSecrets(found, x)
	return found.found
}

// unlistedError tells the statuses that any operation may respond with although the document lists none of them.
func unlistedError(status int) bool {
	switch status {
	case http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		return true
	}
	return status >= 500 && status < 600
}

func (c *Contract) checkError(found *violations, x *Exchange) {
	if mediaType, _, _ := strings.Cut(x.ResponseHeader.Get("Content-Type"), ";"); mediaType != "application/json" {
		found.add("", "an error is application/json")
	}
	found.checkJSON(x.Response)
	var value any
	if json.Unmarshal(x.Response, &value) == nil {
		found.addAll(c.errorResponse.Value.VisitJSON(value, c.formats,
			openapi3.MultiErrors(), openapi3.VisitAsResponse(), openapi3.DisableSchemaErrorDetails()))
	}
}

// input hands kin-openapi a request of its own, which it may change.
func (c *Contract) input(x *Exchange, route *routers.Route, params map[string]string) *openapi3filter.RequestValidationInput {
	target := *x.URL
	r := &http.Request{Method: x.Method, URL: &target, Header: x.Header.Clone(), Body: http.NoBody}
	if len(x.Body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(x.Body))
		r.ContentLength = int64(len(x.Body))
	}
	return &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: c.options}
}

// Bearer returns the one bearer token of a request's header, or "".
func Bearer(header http.Header) string {
	values := header.Values("Authorization")
	if len(values) != 1 {
		return ""
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}

// bearerPresent asks for a token only; whether it is good is the server's business.
func bearerPresent(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	if Bearer(in.RequestValidationInput.Request.Header) == "" {
		return errors.New("header Authorization: one bearer token")
	}
	return nil
}
