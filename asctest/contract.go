package asctest

// The contract: requests and answers held against the closed document.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
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

// exchange is a request, with its answer once there is one.
type exchange struct {
	method  string
	url     *url.URL
	header  http.Header
	body    []byte
	secrets []string // what the answer must not hold

	status       int
	answerHeader http.Header
	answer       []byte
}

// route finds the operation of a request by its still escaped path. Without
// one it returns nil.
func (c *contract) route(method, path string) (*routers.Route, map[string]string) {
	segments := strings.Split(path, "/")
	for template, item := range c.doc.Paths.Map() {
		params, ok := match(strings.Split(template, "/"), segments)
		operation := item.GetOperation(method)
		if ok && operation != nil {
			return &routers.Route{
				Spec: c.doc, Path: template, PathItem: item, Method: method, Operation: operation,
			}, params
		}
	}
	return nil, nil
}

func match(template, segments []string) (map[string]string, bool) {
	if len(template) != len(segments) {
		return nil, false
	}
	params := map[string]string{}
	for i, part := range template {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			value, err := url.PathUnescape(segments[i])
			if err != nil {
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
func (c *contract) checkRequest(x *exchange) []error {
	route, params := c.route(x.method, x.url.EscapedPath())
	if route == nil {
		return []error{&violation{x.name(""), "request", "", "the document has no such operation"}}
	}
	found := &violations{operation: x.name(route.Operation.OperationID), side: "request"}
	found.addAll("", openapi3filter.ValidateRequest(context.Background(), c.input(x, route, params)))
	checkQuery(found, route, x.url.RawQuery)
	if id, ok := params["id"]; ok && (id == "" || id == "." || id == "..") {
		found.add("", "parameter id: not empty and not a dot segment")
	}
	if route.Operation.RequestBody != nil {
		found.checkJSON(x.body)
		if s, ok := sentSecret(x.body); ok && s == "" {
			found.add("/data/attributes/secret", "not empty")
		}
	}
	return found.errs
}

// checkQuery adds the rules that the document implies and kin-openapi lets pass.
func checkQuery(found *violations, route *routers.Route, raw string) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		found.add("", "query: correctly escaped")
	}
	for name, values := range query {
		if route.Operation.Parameters.GetByInAndName("query", name) == nil {
			found.add("", "parameter "+strconv.Quote(name)+": unknown to the operation")
		} else if len(values) > 1 {
			found.add("", "parameter "+name+": given once")
		}
	}
	if limit := query.Get("limit"); query.Has("limit") && !positive(limit) {
		found.add("", "parameter limit: a whole number from 1")
	}
}

func positive(s string) bool {
	return s != "" && s[0] != '0' && strings.Trim(s, "0123456789") == ""
}

// checkAnswer returns a violation for each rule that the answer breaks.
func (c *contract) checkAnswer(x *exchange) []error {
	route, params := c.route(x.method, x.url.EscapedPath())
	found := &violations{operation: x.name(""), side: "answer " + strconv.Itoa(x.status)}
	listed := false
	if route != nil {
		found.operation = route.Operation.OperationID
		listed = route.Operation.Responses.Value(strconv.Itoa(x.status)) != nil
	}
	switch {
	case x.method == http.MethodHead:
	case listed && x.status == http.StatusNoContent:
		if len(x.answer) > 0 {
			found.add("", "a 204 has no body")
		}
	case listed:
		input := &openapi3filter.ResponseValidationInput{
			RequestValidationInput: c.input(x, route, params),
			Status:                 x.status, Header: x.answerHeader, Options: c.options,
		}
		found.addAll("", openapi3filter.ValidateResponse(context.Background(), input.SetBodyBytes(x.answer)))
		found.checkJSON(x.answer)
	case x.status == http.StatusNotAcceptable:
		if !strings.HasPrefix(x.answerHeader.Get("Content-Type"), "text/plain") {
			found.add("", "a 406 is plain text")
		}
	case unlistedError(x.status) || route == nil && x.status >= 400 && x.status < 500:
		c.checkError(found, x)
	default:
		found.add("", "the document does not list this status")
	}
	checkSecrets(found, x)
	return found.errs
}

// unlistedError tells the statuses that any operation may answer although the document lists none of them.
func unlistedError(status int) bool {
	switch status {
	case http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		return true
	}
	return status >= 500 && status < 600
}

func (c *contract) checkError(found *violations, x *exchange) {
	if mediaType, _, _ := strings.Cut(x.answerHeader.Get("Content-Type"), ";"); mediaType != "application/json" {
		found.add("", "an error is application/json")
	}
	found.checkJSON(x.answer)
	var value any
	if json.Unmarshal(x.answer, &value) == nil {
		found.addAll("", c.errorResponse.Value.VisitJSON(value, c.formats,
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
