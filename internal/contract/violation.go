package contract

// What is said when a request or a response breaks the contract.

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// Violation is one broken rule. It never quotes the value that broke it.
type Violation struct {
	Operation string // operationId, or method and path
	Side      string // "request" or "response 201"
	Pointer   string // JSON pointer into the body, or empty
	Parameter string // name of a query parameter, or empty
	Kind      string // of rule: a keyword of JSON Schema, or one of the constants below
	Rule      string
}

// Kinds of rules that are no keyword of JSON Schema.
const (
	KindUnknown   = "unknown"    // an unknown parameter or property
	KindTwice     = "twice"      // a parameter that is given more than once
	KindEscape    = "escape"     // a query that is not correctly escaped
	KindMediaType = "media type" // of a body
	KindJSON      = "JSON"       // a body that is not one JSON value
)

// Join returns all violations as one error, or nil.
func Join(found []*Violation) error {
	errs := make([]error, len(found))
	for i, v := range found {
		errs[i] = v
	}
	return errors.Join(errs...)
}

func (v *Violation) Error() string {
	where := v.Operation + " " + v.Side
	if v.Pointer != "" {
		where += ", " + v.Pointer
	}
	return where + ": " + v.Rule
}

// violations collects those of one side of one exchange.
type violations struct {
	operation, side string
	found           []*Violation
}

func (vs *violations) add(pointer, rule string) { vs.addKind("", pointer, rule) }

func (vs *violations) addKind(kind, pointer, rule string) {
	vs.found = append(vs.found, &Violation{
		Operation: vs.operation, Side: vs.side, Pointer: pointer, Kind: kind, Rule: rule,
	})
}

func (vs *violations) addParameter(kind, name, rule string) {
	shown := name
	if kind == KindUnknown {
		shown = strconv.Quote(name)
	}
	vs.addKind(kind, "", "parameter "+shown+": "+rule)
	vs.found[len(vs.found)-1].Parameter = name
}

func (vs *violations) checkJSON(body []byte) {
	if !json.Valid(body) {
		vs.addKind(KindJSON, "", "the body is one JSON value and nothing after it")
	}
}

// addAll adds what kin-openapi found, without any value. It goes through the tree level by level, so errors.As, which
// skips levels, is of no use.
func (vs *violations) addAll(err error) {
	switch e := err.(type) { //nolint:errorlint // see above
	case nil:
	case openapi3.MultiError:
		for _, each := range e {
			vs.addAll(each)
		}
	case *openapi3.SchemaError:
		vs.addSchemaError(explain(e))
	case *openapi3filter.RequestError:
		vs.addRequestError(e)
	case *openapi3filter.ResponseError:
		vs.addCause(e.Reason, e.Err)
	case *openapi3filter.SecurityRequirementsError:
		for _, each := range e.Errors {
			vs.add("", each.Error()) // of bearerPresent
		}
	default:
		vs.add("", "not readable as the OpenAPI document says")
	}
}

func (vs *violations) addRequestError(e *openapi3filter.RequestError) {
	switch {
	case e.Parameter != nil:
		rule := "not as the OpenAPI document says"
		for _, broken := range flatten(e.Err) {
			rule = broken.SchemaField + ": " + reasonOf(broken)
		}
		vs.addParameter("", e.Parameter.Name, rule)
	case e.RequestBody != nil && e.Err == nil && strings.Contains(e.Reason, "Content-Type"):
		vs.addKind(KindMediaType, "", "the body is application/json")
	default:
		vs.addCause(e.Reason, e.Err)
	}
}

func (vs *violations) addCause(reason string, cause error) {
	if cause == nil {
		vs.add("", reason)
		return
	}
	vs.addAll(cause)
}

// addSchemaError reports an unknown property by its own pointer; kin-openapi has that of the object around it.
func (vs *violations) addSchemaError(e *openapi3.SchemaError) {
	pointer, kind := pointerOf(e), e.SchemaField
	if quoted, ok := strings.CutPrefix(reasonOf(e), "property "); ok && strings.HasSuffix(quoted, " is unsupported") {
		if name, err := strconv.Unquote(strings.TrimSuffix(quoted, " is unsupported")); err == nil {
			vs.addKind(KindUnknown, pointer+"/"+EscapePointer(name), e.SchemaField+": "+reasonOf(e))
			return
		}
	}
	vs.addKind(kind, pointer, e.SchemaField+": "+reasonOf(e))
}

// reasonOf is the reason without the value; a format says its own.
func reasonOf(e *openapi3.SchemaError) string {
	if e.Reason == "" && e.Origin != nil {
		return e.Origin.Error()
	}
	return e.Reason
}

func pointerOf(e *openapi3.SchemaError) string {
	pointer := ""
	for _, name := range e.JSONPointer() {
		pointer += "/" + EscapePointer(name)
	}
	return pointer
}

// explain returns the error that says most: of the branches of a oneOf that of the one that got furthest.
func explain(e *openapi3.SchemaError) *openapi3.SchemaError {
	best := e
	branches, _ := errors.AsType[openapi3.MultiError](e.Origin)
	for _, branch := range branches {
		for _, leaf := range flatten(branch) {
			if len(leaf.JSONPointer()) > len(best.JSONPointer()) || best == e && leaf.SchemaField != "type" {
				best = leaf
			}
		}
	}
	return best
}

func flatten(err error) (found []*openapi3.SchemaError) {
	switch e := err.(type) { //nolint:errorlint // level by level, as in addAll
	case openapi3.MultiError:
		for _, each := range e {
			found = append(found, flatten(each)...)
		}
	case *openapi3.SchemaError:
		found = []*openapi3.SchemaError{explain(e)}
	}
	return found
}

// name says which operation x is of: its operationId if the document has it.
func (x *Exchange) name(operationID string) string {
	if operationID != "" {
		return operationID
	}
	return x.Method + " " + x.URL.EscapedPath()
}

// EscapePointer escapes a name for a JSON pointer.
func EscapePointer(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
