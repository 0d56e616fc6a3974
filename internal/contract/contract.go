// Package contract judges requests and responses by the OpenAPI document of App Store Connect. It closes the
// document: what that does not list is not allowed.
package contract

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// Contract is a closed document with the options to validate against it.
type Contract struct {
	doc           *openapi3.T
	errorResponse *openapi3.SchemaRef
	formats       openapi3.SchemaValidationOption
	options       *openapi3filter.Options
	types         map[string]*ResourceType
	reads         map[string]Read     // by operationId
	segments      map[string][]string // of each path's template
}

// Exchange is a request, with its response once there is one.
type Exchange struct {
	Method  string
	URL     *url.URL
	Header  http.Header
	Body    []byte
	Secrets []string // what the response must not hold, besides the one in Body

	Status         int
	ResponseHeader http.Header
	Response       []byte
}

// Operation returns the operationId of a request by its still escaped path, and its path parameters. It is empty if
// the document has no such operation.
func (c *Contract) Operation(method, path string) (id string, params map[string]string) {
	if route, params := c.route(method, path); route != nil {
		return route.Operation.OperationID, params
	}
	return "", nil
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

// route finds the operation of a request by its still escaped path. Without one it returns nil.
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
	for template, parts := range c.segments {
		if params, ok := match(parts, segments); ok {
			return template, c.doc.Paths.Value(template), params
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

// input hands kin-openapi a request of its own, which it may change.
func (c *Contract) input(
	x *Exchange, route *routers.Route, params map[string]string,
) *openapi3filter.RequestValidationInput {
	r := &http.Request{Method: x.Method, URL: new(*x.URL), Header: x.Header.Clone()}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(x.Body)), int64(len(x.Body))
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
