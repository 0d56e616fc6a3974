package asctest

// Faults on demand: which call fails, how, and whether it takes effect.

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ascmarketplace/webhooks/internal/contract"
)

// FaultKind is a way for a response to go wrong.
type FaultKind string

// The kinds of faults. The zero value is an error in Apple's form, of Status 500 unless given. Those that say "cut"
// corrupt the right response; when that has no body, as after a delete, they cut the connection before any header.
const (
	FaultLate               FaultKind = "late"                 // the right response, after Delay; takes effect
	FaultLateBody           FaultKind = "late body"            // the same, with Delay in the middle of any body
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

// The kinds of faults that are an error in Apple's form, of Status 409 unless given, and say more than the document.
const (
	FaultAssociatedErrors FaultKind = "associated errors" // meta.associatedErrors has one of Code, and of Status 409
	FaultSeeLink          FaultKind = "see link"          // links.see and links.about lead to pages
)

const errorResponse FaultKind = "" // an error in Apple's form

// FaultKinds returns all of them, for tests that go through them.
func FaultKinds() []FaultKind {
	return []FaultKind{
		errorResponse, FaultLate, FaultLateBody, FaultResetBeforeHeaders, FaultResetMidBody, FaultTruncatedBody,
		FaultCloseDelimited, FaultHTMLPage, FaultPlainText, FaultEmptyBody, FaultWrongContentType, FaultInvalidJSON,
		FaultNullData, FaultWrongType, FaultNoID, FaultEndlessBody, FaultGzipBomb, FaultRedirect,
		FaultAssociatedErrors, FaultSeeLink,
	}
}

// Fault is a response that goes wrong on purpose. The zero value is one 500 UNEXPECTED_ERROR to the next call. Only
// calls with a good token use it up. The test of a Server fails at its end if a fault has never fired.
type Fault struct {
	ID        int           // counts the faults, from 1; set by the fake
	Operation Operation     // which calls; empty means any
	Times     int           // how many of them; 0 means 1, negative means all until State.Faults are removed
	Kind      FaultKind     // what goes wrong
	Applied   bool          // the call takes effect all the same, if it is a good one
	Optional  bool          // it need not fire
	Delay     time.Duration // wait before the response; the wait ends early if the client leaves

	Status int         // the status, if not the usual one of Kind
	Code   string      // the code of an error in Apple's form, if not the usual one of Status
	Body   string      // the body, if not the usual one of Kind
	Header http.Header // replaces headers; no values removes one

	fired bool
}

// FailNext makes the next calls that each fault is for go wrong, in the order given. It adds them to State.Faults.
// One that is not possible, such as one of an unknown Kind, fails the test of a Server; with the Handler of New it is
// logged, and Update returns the error.
func (h *Handler) FailNext(faults ...Fault) {
	if err := h.Update(func(s *State) { s.Faults = append(s.Faults, faults...) }); err != nil {
		h.settings().Logger.Error(err.Error())
	}
}

// Arm is FailNext for one fault, which it returns with its ID.
func (h *Handler) Arm(f Fault) (armed Fault, err error) {
	err = h.Update(func(s *State) {
		s.Faults = append(s.Faults, f)
		s.complete()
		armed = s.Faults[len(s.Faults)-1]
	})
	return armed, err
}

// check refuses what can't be sent.
func (f *Fault) check(c *contract.Contract) error {
	known := append(c.Operations(), string(Download))
	switch {
	case !slices.Contains(FaultKinds(), f.Kind):
		return invalid("kind", "must be one of %s", strings.Join(kindNames(), ", "))
	case f.Operation != "" && !slices.Contains(known, string(f.Operation)):
		return invalid("operation", "must be empty for any, or one of %q", known)
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return invalid("status", "must be from 200 to 599, or 0 for the usual one of the kind")
	}
	return nil
}

// name is how the kind is called where its zero value would read as nothing.
func (k FaultKind) name() string { return cmp.Or(string(k), "error") }

func kindNames() (names []string) {
	for _, kind := range FaultKinds() {
		names = append(names, kind.name())
	}
	return names
}

// unfired returns an error for each fault that should have fired and never has.
func (h *Handler) unfired() (errs []error) {
	for _, f := range h.State().Faults {
		if !f.fired && !f.Optional {
			name := f.Kind.name()
			if f.Status != 0 {
				name += " " + strconv.Itoa(f.Status)
			}
			operation := cmp.Or(string(f.Operation), "any operation")
			errs = append(errs, fmt.Errorf("asctest: the fault %q of %s never fired: no such call came", name, operation))
		}
	}
	return errs
}

// takeFault finds out what is to go wrong with the call.
func (h *Handler) takeFault(c *call) *response {
	c.fault = h.nextFault(c.operation)
	if c.fault != nil || c.settings.Faults == nil {
		return nil
	}
	if f := c.settings.Faults(c.exchange(response{})); f != nil {
		if err := f.check(h.contract); err != nil {
			h.report(err)
			return nil
		}
		c.fault = new(*f)
	}
	return nil
}

// nextFault uses up the first fault that is for the operation.
func (h *Handler) nextFault(operation Operation) *Fault {
	h.mu.Lock()
	defer h.mu.Unlock()
	i := slices.IndexFunc(h.state.Faults, func(f Fault) bool { return f.Operation == "" || f.Operation == operation })
	if i < 0 {
		return nil
	}
	f := &h.state.Faults[i]
	f.fired = true
	taken := *f
	if f.Times > 0 {
		f.Times--
	}
	if f.Times == 0 {
		h.state.Faults = slices.Delete(h.state.Faults, i, i+1)
	}
	return &taken
}

// applies reports whether the call takes effect. Without a fault it does.
func (f *Fault) applies() bool {
	return f == nil || f.Applied || f.Kind == FaultLate || f.Kind == FaultLateBody
}
