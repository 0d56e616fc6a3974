package asctest

// What is said when a request or an answer breaks the contract.

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// violation is one broken rule. It never quotes the value that broke it.
type violation struct {
	operation string // operationId, or method and path
	side      string // "request" or "answer 201"
	pointer   string // JSON pointer into the body, or empty
	rule      string
}

func (v *violation) Error() string {
	where := v.operation + " " + v.side
	if v.pointer != "" {
		where += ", " + v.pointer
	}
	return where + ": " + v.rule
}

// violations collects those of one side of one exchange.
type violations struct {
	operation, side string
	errs            []error
}

func (vs *violations) add(pointer, rule string) {
	vs.errs = append(vs.errs, &violation{vs.operation, vs.side, pointer, rule})
}

func (vs *violations) checkJSON(body []byte) {
	if !json.Valid(body) {
		vs.add("", "the body is one JSON value and nothing after it")
	}
}

// addAll adds what kin-openapi found, without any value.
func (vs *violations) addAll(err error) {
	switch e := err.(type) {
	case nil:
	case openapi3.MultiError:
		for _, each := range e {
			vs.addAll(each)
		}
	case *openapi3.SchemaError:
		for _, leaf := range leaves(e) {
			vs.add("/"+strings.Join(leaf.JSONPointer(), "/"), leaf.SchemaField+": "+reason(leaf))
		}
	case *openapi3filter.RequestError:
		vs.addWithin(e.Parameter, e.Reason, e.Err)
	case *openapi3filter.ResponseError:
		vs.addWithin(nil, e.Reason, e.Err)
	case *openapi3filter.SecurityRequirementsError:
		for _, each := range e.Errors {
			vs.add("", each.Error())
		}
	default:
		vs.add("", "not readable as the document says")
	}
}

// addWithin adds the errors of a parameter or a body; the reason counts only if they say nothing.
func (vs *violations) addWithin(parameter *openapi3.Parameter, why string, err error) {
	inner := &violations{}
	if err != nil {
		inner.addAll(err)
	}
	if len(inner.errs) == 0 {
		inner.add("", why)
	}
	for _, each := range inner.errs {
		v := each.(*violation)
		if parameter != nil {
			vs.add("", "parameter "+parameter.Name+": "+v.rule)
		} else {
			vs.add(v.pointer, v.rule)
		}
	}
}

func reason(e *openapi3.SchemaError) string {
	if e.Reason == "" && e.Origin != nil {
		return e.Origin.Error()
	}
	return e.Reason
}

// leaves returns the errors that explain e. Of the branches of a oneOf it is
// those of the branch that got furthest.
func leaves(e *openapi3.SchemaError) []*openapi3.SchemaError {
	branches, ok := errors.Unwrap(e.Origin).(interface{ Unwrap() error })
	if e.Origin == nil || !ok {
		return []*openapi3.SchemaError{e}
	}
	best := []*openapi3.SchemaError{e}
	all, _ := branches.Unwrap().(openapi3.MultiError)
	for _, branch := range all {
		for _, leaf := range flatten(branch) {
			if len(leaf.JSONPointer()) > len(best[0].JSONPointer()) || best[0] == e && leaf.SchemaField != "type" {
				best = []*openapi3.SchemaError{leaf}
			}
		}
	}
	return best
}

func flatten(err error) (found []*openapi3.SchemaError) {
	switch e := err.(type) {
	case openapi3.MultiError:
		for _, each := range e {
			found = append(found, flatten(each)...)
		}
	case *openapi3.SchemaError:
		found = leaves(e)
	}
	return found
}

// checkSecrets adds a violation if a secret shows in the answer. One of less
// than 8 bytes may be there by chance and is not looked for.
func checkSecrets(found *violations, x *exchange) {
	for _, secret := range x.secrets {
		if len(secret) < 8 {
			continue
		}
		for name, values := range x.answerHeader {
			if strings.Contains(strings.Join(values, "\n"), secret) {
				found.add("", "header "+name+": never holds the secret")
			}
		}
		var value any
		if json.Unmarshal(x.answer, &value) != nil {
			value = string(x.answer)
		}
		if pointer, ok := findString(value, secret); ok {
			found.add(pointer, "never holds the secret")
		}
	}
}

// findString looks through the strings of a JSON value, apart from endpointUrl, which the caller chose.
func findString(value any, s string) (pointer string, ok bool) {
	switch value := value.(type) {
	case string:
		return "", strings.Contains(value, s)
	case []any:
		for i, item := range value {
			if at, ok := findString(item, s); ok {
				return "/" + strconv.Itoa(i) + at, true
			}
		}
	case map[string]any:
		for name, item := range value {
			if at, ok := findString(item, s); ok && name != "endpointUrl" {
				return "/" + name + at, true
			}
		}
	}
	return "", false
}

// sentSecret returns the secret in the body of a create or update.
func sentSecret(body []byte) (string, bool) {
	var sent struct {
		Data struct {
			Attributes struct{ Secret *string }
		}
	}
	if json.Unmarshal(body, &sent) != nil || sent.Data.Attributes.Secret == nil {
		return "", false
	}
	return *sent.Data.Attributes.Secret, true
}

// name says which operation x is of: its operationId if the document has it.
func (x *exchange) name(operationID string) string {
	if operationID != "" {
		return operationID
	}
	return x.method + " " + x.url.EscapedPath()
}
