package asctest

// The contract: requests and responses are validated against the closed document.

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
type contract struct {
	doc           *openapi3.T
	errorResponse *openapi3.SchemaRef
	formats       openapi3.SchemaValidationOption
	options       *openapi3filter.Options
}

// exchange is a request, with its response once there is one.
type exchange struct {
	method  string
	url     *url.URL
	header  http.Header
	body    []byte
	secrets []string // what the response must not hold

	status         int
	responseHeader http.Header
	response       []byte
}

// route finds the operation of a request by its still escaped path. Without
// one it returns nil.
func (c *contract) route(method, path string) (*routers.Route, map[string]string) {
	template, item, params := c.find(path)
	if item == nil || item.GetOperation(method) == nil {
		return nil, params
	}
	return &routers.Route{
		Spec: c.doc, Path: template, PathItem: item, Method: method, Operation: item.GetOperation(method),
	}, params
}

// find returns the path item of a still escaped path, or nil.
func (c *contract) find(path string) (template string, item *openapi3.PathItem, params map[string]string) {
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

// checkRequest returns a violation for each rule that the request breaks.
func (c *contract) checkRequest(x *exchange) *violations {
	route, params := c.route(x.method, x.url.EscapedPath())
	found := &violations{operation: x.name(""), side: "request"}
	if route == nil {
		found.add("", "the document has no such operation")
		return found
	}
	found.operation = route.Operation.OperationID
	checkQuery(found, route, x.url.RawQuery)
	if len(found.found) > 0 {
		return found // kin-openapi takes the first of several values
	}
	if route.Operation.RequestBody != nil {
		if !isJSON(x.header.Get("Content-Type")) {
			found.addKind(kindMediaType, "", "the body is application/json")
			return found
		}
		found.checkJSON(x.body)
		if len(found.found) > 0 {
			return found
		}
		// Assumed: what Apple responds to an empty secret is not documented.
		if s, ok := sentSecret(x.body); ok && s == "" {
			found.addKind("minLength", "/data/attributes/secret", "not empty")
		}
	}
	found.addAll(openapi3filter.ValidateRequest(context.Background(), c.input(x, route, params)))
	return found
}

func isJSON(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	return err == nil && mediaType == "application/json"
}

// checkQuery adds the rules that the document implies and kin-openapi lets pass.
func checkQuery(found *violations, route *routers.Route, raw string) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		found.addKind(kindEscape, "", "query: correctly escaped")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		switch known := route.Operation.Parameters.GetByInAndName("query", name); {
		case name == "cursor" && isPaged(route.Operation): // no document has it, and every links.next
		case known == nil:
			found.addParameter(kindUnknown, name, "unknown to the operation")
		case len(query[name]) > 1:
			found.addParameter(kindTwice, name, "given once")
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

// checkResponse returns a violation for each rule that the response breaks.
func (c *contract) checkResponse(x *exchange) *violations {
	route, params := c.route(x.method, x.url.EscapedPath())
	found := &violations{operation: x.name(""), side: "response " + strconv.Itoa(x.status)}
	listed := false
	if route != nil {
		found.operation = route.Operation.OperationID
		listed = route.Operation.Responses.Value(strconv.Itoa(x.status)) != nil
	}
	switch {
	case x.method == http.MethodHead:
	case listed && x.status == http.StatusNoContent:
		if len(x.response) > 0 {
			found.add("", "a 204 has no body")
		}
	case listed:
		input := &openapi3filter.ResponseValidationInput{
			RequestValidationInput: c.input(x, route, params),
			Status:                 x.status, Header: x.responseHeader, Options: c.options,
		}
		found.addAll(openapi3filter.ValidateResponse(context.Background(), input.SetBodyBytes(x.response)))
		found.checkJSON(x.response)
	case x.status == http.StatusNotAcceptable:
		if !strings.HasPrefix(x.responseHeader.Get("Content-Type"), "text/plain") {
			found.add("", "a 406 is plain text")
		}
	case unlistedError(x.status) || route == nil && x.status >= 400 && x.status < 500:
		c.checkError(found, x)
	default:
		found.add("", "the document does not list this status")
	}
	checkSecrets(found, x)
	return found
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

func (c *contract) checkError(found *violations, x *exchange) {
	if mediaType, _, _ := strings.Cut(x.responseHeader.Get("Content-Type"), ";"); mediaType != "application/json" {
		found.add("", "an error is application/json")
	}
	found.checkJSON(x.response)
	var value any
	if json.Unmarshal(x.response, &value) == nil {
		found.addAll(c.errorResponse.Value.VisitJSON(value, c.formats,
			openapi3.MultiErrors(), openapi3.VisitAsResponse(), openapi3.DisableSchemaErrorDetails()))
	}
}

// input hands kin-openapi a request of its own, which it may change.
func (c *contract) input(x *exchange, route *routers.Route, params map[string]string) *openapi3filter.RequestValidationInput {
	target := *x.url
	r := &http.Request{Method: x.method, URL: &target, Header: x.header.Clone(), Body: http.NoBody}
	if len(x.body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(x.body))
		r.ContentLength = int64(len(x.body))
	}
	return &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: c.options}
}

// bearerPresent asks for a token only; whether it is good is the server's business.
func bearerPresent(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	if bearer(in.RequestValidationInput.Request.Header) == "" {
		return errors.New("header Authorization: one bearer token")
	}
	return nil
}
