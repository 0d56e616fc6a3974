package asctest

// Apple's error bodies. Only the codes and the form are Apple's; the wording is ours.

import (
	"cmp"
	"encoding/json"
	"net/http"
)

// apiError is one member of the array errors.
type apiError struct {
	ID     string `json:"id"`
	Status int    `json:"status,string"`
	Code   string `json:"code"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Source source `json:"source,omitzero"`

	Links errorLinks `json:"links,omitzero"` // of a fault
	Meta  errorMeta  `json:"meta,omitzero"`  // of a fault
}

type errorLinks struct {
	About string `json:"about,omitempty"`
	See   string `json:"see,omitempty"` // undocumented, and seen live
}

type errorMeta struct {
	AssociatedErrors map[string][]apiError `json:"associatedErrors,omitempty"` // by path; undocumented, and seen live
}

// source says which part of the request was at fault.
type source struct {
	Pointer   string `json:"pointer,omitempty"`
	Parameter string `json:"parameter,omitempty"`
}

// usualCodes go with a status when nothing more is known; any other is UNEXPECTED_ERROR.
var usualCodes = map[int]string{
	http.StatusBadRequest:            "ENTITY_INVALID",
	http.StatusUnauthorized:          "NOT_AUTHORIZED",
	http.StatusForbidden:             "FORBIDDEN_ERROR",
	http.StatusNotFound:              "NOT_FOUND",
	http.StatusMethodNotAllowed:      "METHOD_NOT_ALLOWED",
	http.StatusConflict:              "ENTITY_ERROR",
	http.StatusUnsupportedMediaType:  "UNSUPPORTED_MEDIA_TYPE",
	http.StatusUnprocessableEntity:   "ENTITY_UNPROCESSABLE",
	http.StatusTooManyRequests:       "RATE_LIMIT_EXCEEDED",
	http.StatusRequestEntityTooLarge: "REQUEST_ENTITY_TOO_LARGE",
}

func newError(status int, code, detail string) apiError {
	return apiError{
		ID: newUUID(), Status: status, Code: cmp.Or(code, usualCodes[status], "UNEXPECTED_ERROR"),
		Title: cmp.Or(http.StatusText(status), "Error"), Detail: detail,
	}
}

// response is what is sent back. Its body is complete before anything is sent.
type response struct {
	status int
	header http.Header
	body   []byte
	reason string     // for the log and the record: why it was refused
	posts  []Delivery // what is posted once the call has taken effect
}

func jsonResponse(status int, body any) response {
	r := response{status: status, header: http.Header{"Content-Type": {"application/json"}}}
	r.body, _ = json.Marshal(body) // our own structs, maps, strings and numbers
	return r
}

// plain refuses in plain text.
func plain(status int, text, reason string) response {
	header := http.Header{"Content-Type": {"text/plain"}}
	return response{status: status, header: header, body: []byte(text), reason: reason}
}

func noContent() response { return response{status: http.StatusNoContent, header: http.Header{}} }

// refuse responds with the status of the first error.
func refuse(errs ...apiError) response {
	r := jsonResponse(errs[0].Status, map[string][]apiError{"errors": errs})
	r.reason = errs[0].Code
	return r
}

func notFound(resourceType string) response {
	return refuse(newError(http.StatusNotFound, "", "There is no resource of type '"+resourceType+"' with this id."))
}

// conflict refuses a request that the document allows and the state does not.
func conflict(code, pointer, detail string) response {
	e := newError(http.StatusConflict, code, detail)
	e.Source.Pointer = pointer
	return refuse(e)
}

// badParameter refuses a parameter of the query.
func badParameter(code, name, detail string) response {
	e := newError(http.StatusBadRequest, "PARAMETER_ERROR."+code, detail)
	e.Source.Parameter = name
	return refuse(e)
}
