package asctest

// Faults on demand: which call fails, how, and whether it takes effect.

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// FaultKind is a way for a response to go wrong.
type FaultKind string

// The kinds of faults. Those that say "cut" corrupt the right response; when that
// has no body, as after a delete, they cut the connection before any header.
const (
	FaultErrorResponse      FaultKind = ""                     // an error in Apple's form; Status 500 unless given
	FaultLate               FaultKind = "late"                 // the right response, after Delay; takes effect
	FaultLateBody           FaultKind = "late body"            // the same, with Delay in the middle of the body if there is one
	FaultResetBeforeHeaders FaultKind = "reset before headers" // the connection is reset instead of a response
	FaultResetMidBody       FaultKind = "reset mid-body"       // cut: reset in the middle of the body
	FaultTruncatedBody      FaultKind = "truncated body"       // cut: closed before Content-Length is reached
	FaultCloseDelimited     FaultKind = "close-delimited"      // cut: no Content-Length, closed in the middle
	FaultHTMLPage           FaultKind = "HTML page"            // a proxy's page; Status 502 unless given
	FaultPlainText          FaultKind = "plain text"           // a proxy's line; Status 502 unless given
	FaultEmptyBody          FaultKind = "empty body"           // success, nothing in it
	FaultWrongContentType   FaultKind = "wrong content type"   // the right response, called text/html
	FaultInvalidJSON        FaultKind = "invalid JSON"         // success, half an object
	FaultNullData           FaultKind = "null"                 // success, the JSON value null
	FaultWrongType          FaultKind = "wrong type"           // success, a resource of another type
	FaultNoID               FaultKind = "no id"                // success, a resource without id
	FaultEndlessBody        FaultKind = "endless body"         // success, JSON that never ends
	FaultGzipBomb           FaultKind = "gzip bomb"            // success, 256 MiB of JSON in 300 KB of gzip
	FaultRedirect           FaultKind = "redirect"             // Status 307 to /v1/elsewhere unless given
)

// FaultKinds returns all of them, for tests that go through them.
func FaultKinds() []FaultKind {
	return []FaultKind{
		FaultErrorResponse, FaultLate, FaultLateBody, FaultResetBeforeHeaders, FaultResetMidBody, FaultTruncatedBody, FaultCloseDelimited,
		FaultHTMLPage, FaultPlainText, FaultEmptyBody, FaultWrongContentType, FaultInvalidJSON, FaultNullData, FaultWrongType, FaultNoID,
		FaultEndlessBody, FaultGzipBomb, FaultRedirect,
	}
}

// Fault is a response that goes wrong on purpose. The zero value is one
// 500 UNEXPECTED_ERROR to the next call.
type Fault struct {
	Operation Operation     // which calls; empty means any
	Times     int           // how many of them; 0 means 1, negative means all until StopFailing
	Kind      FaultKind     // what goes wrong
	Applied   bool          // the call takes effect all the same, if it is a good one
	Delay     time.Duration // wait before the response; the wait ends early if the client leaves

	Status int         // the status, if not the usual one of Kind
	Code   string      // the code of an ErrorAnswer, if not the usual one of Status
	Body   string      // the body, if not the usual one of Kind
	Header http.Header // replaces headers; no values removes one
}

// FailNext makes the next calls that each fault is for go wrong, in the order
// given. An unknown Kind fails the test, as a broken contract does.
func (h *Handler) FailNext(faults ...Fault) {
	h.faults.mu.Lock()
	defer h.faults.mu.Unlock()
	for _, f := range faults {
		if !h.valid(f.Kind) {
			continue
		}
		if f.Times == 0 {
			f.Times = 1
		}
		h.faults.queue = append(h.faults.queue, f)
	}
}

// fault returns what is to go wrong with a request, or nil.
func (h *Handler) fault(r Exchange) *Fault {
	f := h.faults.next(r)
	if f == nil || !h.valid(f.Kind) {
		return nil
	}
	return f
}

// valid reports whether there is such a kind, and fails the test if not.
func (h *Handler) valid(kind FaultKind) bool {
	if slices.Contains(FaultKinds(), kind) {
		return true
	}
	err := fmt.Errorf("asctest: unknown Kind of fault %q", kind)
	h.logger.Error(err.Error())
	h.onViolation(err)
	return false
}

// Faults returns the faults of FailNext that are still to come, with the number
// of times that is left of each.
func (h *Handler) Faults() []Fault {
	h.faults.mu.Lock()
	defer h.faults.mu.Unlock()
	return slices.Clone(h.faults.queue)
}

// StopFailing forgets the faults that are still to come.
func (h *Handler) StopFailing() {
	h.faults.mu.Lock()
	defer h.faults.mu.Unlock()
	h.faults.queue = nil
}

type faults struct {
	source func(Exchange) *Fault
	mu     sync.Mutex
	queue  []Fault
}

// next returns the fault of a request, or nil.
func (fs *faults) next(r Exchange) *Fault {
	if f := fs.pop(r.Operation); f != nil || fs.source == nil {
		return f
	}
	return fs.source(r)
}

func (fs *faults) pop(operation Operation) *Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	i := slices.IndexFunc(fs.queue, func(f Fault) bool {
		return f.Operation == "" || f.Operation == operation
	})
	if i < 0 {
		return nil
	}
	f := fs.queue[i]
	switch {
	case f.Times == 1:
		fs.queue = slices.Delete(fs.queue, i, i+1)
	case f.Times > 1:
		fs.queue[i].Times--
	}
	return &f
}

// applies tells whether the call takes effect.
func (f *Fault) applies() bool { return f.Applied || f.Kind == FaultLate || f.Kind == FaultLateBody }

// apply returns what is sent instead of the right response, and in which way.
func (f *Fault) apply(c *call, right response) (response, FaultKind) {
	a := f.usual(c, right)
	if f.Status != 0 {
		a.status = f.Status
	}
	if f.Body != "" {
		a.body = []byte(f.Body)
	}
	kind := f.Kind
	switch kind {
	case FaultResetMidBody, FaultTruncatedBody, FaultCloseDelimited:
		if len(a.body) == 0 {
			kind = FaultResetBeforeHeaders
		}
	case FaultLateBody:
		if len(a.body) == 0 {
			kind = FaultLate
		}
	}
	if kind == FaultResetBeforeHeaders {
		a = response{}
	}
	a.reason = "fault: " + cmp.Or(string(kind), "error")
	return a, kind
}

// usual is the response of the fault's kind.
func (f *Fault) usual(c *call, right response) response {
	a := response{status: success(c.request.Method), header: right.header.Clone()}
	a.header.Set("Content-Type", "application/json")
	switch f.Kind {
	case FaultLate, FaultLateBody, FaultResetMidBody, FaultTruncatedBody, FaultCloseDelimited:
		return right
	case FaultHTMLPage, FaultPlainText:
		a.status = http.StatusBadGateway
		a.header.Set("Content-Type", "text/plain")
		a.body = []byte("upstream connect error\n")
		if f.Kind == FaultHTMLPage {
			a.header.Set("Content-Type", "text/html")
			a.body = []byte("<!DOCTYPE html><title>Bad gateway</title>" + strings.Repeat("<p>Try again later.</p>\n", 100))
		}
	case FaultWrongContentType:
		a.body = right.body
		if len(a.body) == 0 {
			a.body = []byte("{}")
		}
		a.header.Set("Content-Type", "text/html")
	case FaultInvalidJSON:
		a.body = []byte(`{"data":`)
	case FaultNullData:
		a.body = []byte("null")
	case FaultWrongType:
		a.body = c.oddResource(resource{Type: "apps", ID: newUUID()})
	case FaultNoID:
		a.body = c.withoutID(right)
	case FaultRedirect:
		a.status = http.StatusTemporaryRedirect
		a.header.Set("Location", "/v1/elsewhere")
	case FaultErrorResponse:
		status := f.Status
		if status == 0 {
			status = http.StatusInternalServerError
		}
		e := refuse(newError(status, f.Code, "This fault was asked for."))
		a.status, a.body = e.status, e.body
	}
	return a
}

func (c *call) oddResource(data resource) []byte {
	body := responseBody{Data: data, Links: links{Self: c.request.URL.EscapedPath()}}
	if c.operation == MarketplaceWebhooksList || strings.HasSuffix(string(c.operation), "_getToManyRelated") {
		body.Data = []resource{data}
	}
	return jsonResponse(http.StatusOK, body).body
}

// withoutID is the right response, its resources without their ids.
func (c *call) withoutID(right response) []byte {
	var list struct{ Data []resource }
	if json.Unmarshal(right.body, &list) == nil && len(list.Data) > 0 {
		list.Data[0].ID = ""
		return c.oddResource(list.Data[0])
	}
	var one struct{ Data resource }
	_ = json.Unmarshal(right.body, &one)
	one.Data.ID = ""
	return c.oddResource(one.Data)
}

// success is the status of a good response with a body.
func success(method string) int {
	if method == http.MethodPost {
		return http.StatusCreated
	}
	return http.StatusOK
}
