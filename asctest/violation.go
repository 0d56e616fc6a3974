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

// addAll adds what kin-openapi found, without any value. It goes through the
// tree level by level, so errors.As, which skips levels, is of no use.
func (vs *violations) addAll(subject string, err error) {
	switch e := err.(type) { //nolint:errorlint // see above
	case nil:
	case openapi3.MultiError:
		for _, each := range e {
			vs.addAll(subject, each)
		}
	case *openapi3.SchemaError:
		e = explain(e)
		vs.add(pointerOf(e), subject+e.SchemaField+": "+reasonOf(e))
	case *openapi3filter.RequestError:
		if e.Parameter != nil {
			subject = "parameter " + e.Parameter.Name + ": "
		}
		vs.addCause(subject, e.Reason, e.Err)
	case *openapi3filter.ResponseError:
		vs.addCause(subject, e.Reason, e.Err)
	case *openapi3filter.SecurityRequirementsError:
		for _, each := range e.Errors {
			vs.add("", each.Error()) // of bearerPresent
		}
	default:
		vs.add("", subject+"not readable as the document says")
	}
}

func (vs *violations) addCause(subject, reason string, cause error) {
	if cause == nil {
		vs.add("", subject+reason)
		return
	}
	vs.addAll(subject, cause)
}

// reasonOf is the reason without the value; a format says its own.
func reasonOf(e *openapi3.SchemaError) string {
	if e.Reason == "" && e.Origin != nil {
		return e.Origin.Error()
	}
	return e.Reason
}

func pointerOf(e *openapi3.SchemaError) string {
	path := e.JSONPointer()
	if len(path) == 0 {
		return ""
	}
	return "/" + strings.Join(path, "/")
}

// explain returns the error that says most: of the branches of a oneOf that
// of the one that got furthest.
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
