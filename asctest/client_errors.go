package asctest

// What App Store Connect responds to a request that breaks the document.

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

// clientErrors maps violations to Apple's errors: those of the first stage that
// the request does not pass. Codes are Apple's; what a body of the wrong shape
// outside its attributes gets is assumed.
func clientErrors(found []*violation) []apiError {
	var errs []apiError
	first := slices.MinFunc(found, func(a, b *violation) int { return cmp.Compare(a.stage(), b.stage()) }).stage()
	for _, v := range found {
		if v.stage() == first {
			errs = append(errs, v.clientError())
		}
	}
	return errs
}

// stage is the order in which App Store Connect is taken to check a request:
// parameters, media type, JSON, the shape of the body, its attributes.
func (v *violation) stage() int {
	switch {
	case v.parameter != "", v.kind == kindEscape:
		return 1
	case v.kind == kindMediaType:
		return 2
	case v.kind == kindJSON:
		return 3
	case v.attribute() == "":
		return 4
	}
	return 5
}

// attribute is the name of the attribute that v is about, or empty.
func (v *violation) attribute() string {
	name, _ := strings.CutPrefix(v.pointer, "/data/attributes/")
	if name == v.pointer {
		return ""
	}
	name, _, _ = strings.Cut(name, "/")
	return name
}

func (v *violation) clientError() apiError {
	switch v.stage() {
	case 1:
		code := map[string]string{kindUnknown: "ILLEGAL", kindTwice: "DUPLICATE"}
		e := newError(http.StatusBadRequest, "PARAMETER_ERROR."+cmp.Or(code[v.kind], "INVALID"), sentence(v.rule))
		if v.parameter != "" {
			e.Source = &source{Parameter: v.parameter}
		}
		return e
	case 2:
		return newError(http.StatusUnsupportedMediaType, "", "The body must be application/json.")
	case 3:
		return newError(http.StatusBadRequest, "ENTITY_INVALID", "The body is not JSON.")
	case 4:
		return newError(http.StatusUnprocessableEntity, "", sentence(v.rule)).at(cmp.Or(v.pointer, "/data"))
	}
	// A value that is not one of the listed ones is of the wrong type: seen live.
	code := map[string]string{
		"required": "REQUIRED", "nullable": "REQUIRED", "type": "TYPE", "enum": "TYPE", kindUnknown: "UNKNOWN",
	}
	return newError(http.StatusConflict, "ENTITY_ERROR.ATTRIBUTE."+cmp.Or(code[v.kind], "INVALID"), sentence(v.rule)).at(v.pointer)
}

// sentence makes a rule a sentence; rules quote no value.
func sentence(rule string) string {
	return strings.ToUpper(rule[:1]) + rule[1:] + "."
}
