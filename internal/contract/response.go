package contract

// Which rules a response breaks.

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// CheckResponse returns a violation for each rule that the response breaks.
func (c *Contract) CheckResponse(x *Exchange) []*Violation {
	route, params := c.route(x.Method, x.URL.EscapedPath())
	found := &violations{operation: x.Method + " " + x.URL.EscapedPath(), side: "response " + strconv.Itoa(x.Status)}
	listed := false
	if route != nil {
		found.operation = route.Operation.OperationID
		listed = route.Operation.Responses.Value(strconv.Itoa(x.Status)) != nil
	}
	switch {
	case x.Method == http.MethodHead:
	case listed && x.Status == http.StatusNoContent:
		if len(x.Response) > 0 {
			found.addRule("a 204 has no body")
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
			found.addRule("a 406 is plain text")
		}
	case unlistedError(x.Status) || route == nil && x.Status >= 400 && x.Status < 500:
		c.checkError(found, x)
	default:
		found.addRule("the document does not list this status")
	}
	checkSecrets(found, x)
	return found.found
}

// unlistedError tells the statuses that any operation may respond with although the document lists none of them.
func unlistedError(status int) bool {
	any4xx := []int{http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType}
	return slices.Contains(any4xx, status) || status >= 500 && status < 600
}

func (c *Contract) checkError(found *violations, x *Exchange) {
	if mediaType, _, _ := strings.Cut(x.ResponseHeader.Get("Content-Type"), ";"); mediaType != "application/json" {
		found.addRule("an error is application/json")
	}
	found.checkJSON(x.Response)
	var value any
	if json.Unmarshal(x.Response, &value) == nil {
		found.addAll(c.errorResponse.Value.VisitJSON(value, c.formats,
			openapi3.MultiErrors(), openapi3.VisitAsResponse(), openapi3.DisableSchemaErrorDetails()))
	}
}
