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

// FieldError says which value of a configuration is not possible, and why. It never quotes the value.
type FieldError struct {
	Field   string // such as webhooks[0].url
	Message string
}

func (e *FieldError) Error() string { return "asctest: " + e.Field + ": " + e.Message }

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

func (vs *violations) add(v Violation) {
	v.Operation, v.Side = vs.operation, vs.side
	vs.found = append(vs.found, &v)
}

func (vs *violations) addRule(rule string) { vs.add(Violation{Rule: rule}) }

func (vs *violations) checkJSON(body []byte) {
	if !json.Valid(body) {
		vs.add(Violation{Kind: KindJSON, Rule: "the body is one JSON value and nothing after it"})
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
		if e.Parameter == nil {
			vs.addCause(e.Reason, e.Err)
			return
		}
		rule := "not as the OpenAPI document says"
		for _, broken := range flatten(e.Err) {
			rule = ruleOf(broken)
		}
		vs.add(Violation{Parameter: e.Parameter.Name, Rule: "parameter " + e.Parameter.Name + ": " + rule})
	case *openapi3filter.ResponseError:
		vs.addCause(e.Reason, e.Err)
	case *openapi3filter.SecurityRequirementsError:
		for _, each := range e.Errors {
			vs.addRule(each.Error()) // of bearerPresent
		}
	default:
		vs.addRule("not readable as the OpenAPI document says")
	}
}

func (vs *violations) addCause(reason string, cause error) {
	if cause == nil {
		vs.addRule(reason)
	}
	vs.addAll(cause)
}

// addSchemaError reports an unknown property by its own pointer; kin-openapi has that of the object around it.
func (vs *violations) addSchemaError(e *openapi3.SchemaError) {
	v := Violation{Kind: e.SchemaField, Rule: ruleOf(e)}
	for _, name := range e.JSONPointer() {
		v.Pointer += "/" + escapePointer(name)
	}
	if quoted, isUnknown := strings.CutSuffix(e.Reason, " is unsupported"); isUnknown {
		if name, err := strconv.Unquote(strings.TrimPrefix(quoted, "property ")); err == nil {
			v.Kind = KindUnknown
			v.Pointer += "/" + escapePointer(name)
		}
	}
	vs.add(v)
}

// ruleOf is the rule without the value that broke it; a format says its own.
func ruleOf(e *openapi3.SchemaError) string {
	if e.Reason == "" && e.Origin != nil {
		return e.SchemaField + ": " + e.Origin.Error()
	}
	return e.SchemaField + ": " + e.Reason
}

// explain returns the error that says most: of the branches of a oneOf that of the one that got furthest.
func explain(e *openapi3.SchemaError) *openapi3.SchemaError {
	best := e
	branches, _ := errors.AsType[openapi3.MultiError](e.Origin)
	for _, leaf := range flatten(branches) {
		if len(leaf.JSONPointer()) > len(best.JSONPointer()) || best == e && leaf.SchemaField != "type" {
			best = leaf
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

func escapePointer(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
