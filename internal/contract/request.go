package contract

// Which rules a request breaks.

import (
	"context"
	"maps"
	"mime"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// CheckRequest returns a violation for each rule that the request breaks.
func (c *Contract) CheckRequest(x *Exchange) []*Violation {
	route, params := c.route(x.Method, x.URL.EscapedPath())
	found := &violations{operation: x.Method + " " + x.URL.EscapedPath(), side: "request"}
	if route == nil {
		found.addRule("the document has no such operation")
		return found.found
	}
	found.operation = route.Operation.OperationID
	checkQuery(found, route, x.URL.RawQuery)
	if len(found.found) > 0 {
		return found.found // kin-openapi takes the first of several values
	}
	if route.Operation.RequestBody != nil {
		mediaType, _, err := mime.ParseMediaType(x.Header.Get("Content-Type"))
		if err != nil || mediaType != "application/json" {
			found.add(Violation{Kind: KindMediaType, Rule: "the body is application/json"})
			return found.found
		}
		found.checkJSON(x.Body)
		if len(found.found) > 0 {
			return found.found
		}
		// Assumed: what Apple responds to an empty secret is not documented.
		if s, ok := sentSecret(x.Body); ok && s == "" {
			found.add(Violation{Kind: "minLength", Pointer: "/data/attributes/secret", Rule: "not empty"})
		}
	}
	found.addAll(openapi3filter.ValidateRequest(context.Background(), c.input(x, route, params)))
	return found.found
}

// checkQuery adds the rules that the document implies and kin-openapi lets pass.
func checkQuery(found *violations, route *routers.Route, raw string) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		found.add(Violation{Kind: KindEscape, Rule: "query: correctly escaped"})
		return
	}
	isPaged := route.Operation.Parameters.GetByInAndName("query", "limit") != nil
	for _, name := range slices.Sorted(maps.Keys(query)) {
		rule := "parameter " + name + ": "
		switch known := route.Operation.Parameters.GetByInAndName("query", name); {
		case name == "cursor" && isPaged: // no document has it, and every links.next
		case known == nil:
			rule = "parameter " + strconv.Quote(name) + ": unknown to the operation"
			found.add(Violation{Kind: KindUnknown, Parameter: name, Rule: rule})
		case len(query[name]) > 1:
			found.add(Violation{Kind: KindTwice, Parameter: name, Rule: rule + "given once"})
		case known.Schema.Value.Type.Is("integer") && !positive(query.Get(name)):
			found.add(Violation{Parameter: name, Rule: rule + "a whole number from 1"})
		}
	}
}

func positive(s string) bool {
	return s != "" && s[0] != '0' && strings.Trim(s, "0123456789") == ""
}
