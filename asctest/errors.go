package asctest

// Apple's error bodies. Only the codes and the form are Apple's; the wording is ours.

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
)

// apiError is one member of the array errors.
type apiError struct {
	ID     string  `json:"id"`
	Status string  `json:"status"`
	Code   string  `json:"code"`
	Title  string  `json:"title"`
	Detail string  `json:"detail"`
	Source *source `json:"source,omitempty"`
}

// source says which part of the request was at fault.
type source struct {
	Pointer   string `json:"pointer,omitempty"`
	Parameter string `json:"parameter,omitempty"`
}

func newError(status int, code, detail string) apiError {
	if code == "" {
		code = usualCode(status)
	}
	return apiError{
		ID: newUUID(), Status: strconv.Itoa(status), Code: code,
		Title: usualTitle(status), Detail: detail,
	}
}

func (e apiError) at(pointer string) apiError {
	e.Source = &source{Pointer: pointer}
	return e
}

func (e apiError) status() int {
	status, _ := strconv.Atoi(e.Status)
	return status
}

// usualCode is the code that goes with a status when nothing more is known.
func usualCode(status int) string {
	codes := map[int]string{
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
	return cmp.Or(codes[status], "UNEXPECTED_ERROR")
}

func usualTitle(status int) string {
	titles := map[int]string{
		http.StatusUnauthorized:        "The token was not accepted",
		http.StatusConflict:            "The request conflicts with a rule or with the present state",
		http.StatusUnprocessableEntity: "The body does not have the expected shape",
	}
	return cmp.Or(titles[status], http.StatusText(status), "Error")
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

// textResponse is one in plain text. reason is empty if it is no refusal.
func textResponse(status int, text, reason string) response {
	header := http.Header{"Content-Type": {"text/plain"}}
	return response{status: status, header: header, body: []byte(text), reason: reason}
}

func noContent() response { return response{status: http.StatusNoContent, header: http.Header{}} }

// refuse responds with the status of the first error.
func refuse(errs ...apiError) response {
	r := jsonResponse(errs[0].status(), map[string][]apiError{"errors": errs})
	r.reason = errs[0].Code
	return r
}

func notFound(resourceType string) response {
	return refuse(newError(http.StatusNotFound, "", "There is no resource of type '"+resourceType+"' with this id."))
}

// conflict refuses a request that the document allows and the state does not.
func conflict(code, pointer, detail string) response {
	e := newError(http.StatusConflict, code, detail)
	if pointer != "" {
		e = e.at(pointer)
	}
	return refuse(e)
}
