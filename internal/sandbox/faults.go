package sandbox

// Making the service's calls fail.

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
)

// errorKind is what the zero asctest.FaultKind is called here.
const errorKind = "error"

// fault is an asctest.Fault.
type fault struct {
	ID        int               `json:"id"`        // given by the sandbox
	Operation asctest.Operation `json:"operation"` // any if it is empty
	Kind      asctest.FaultKind `json:"kind"`
	Times     int               `json:"times"` // -1: until the faults are deleted
	Applied   bool              `json:"applied"`
	DelayMS   int               `json:"delay_ms"`
	Status    int               `json:"status"` // the usual one of the kind if it is 0
	Code      string            `json:"code"`
	Body      string            `json:"body"`
	Headers   http.Header       `json:"headers"`
}

func (r redactor) fault(f asctest.Fault) fault {
	return fault{
		ID: f.ID, Operation: f.Operation, Kind: cmp.Or(f.Kind, errorKind), Times: f.Times, Applied: f.Applied,
		DelayMS: int(f.Delay.Milliseconds()), Status: f.Status, Code: r.text(f.Code),
		Body: r.body([]byte(f.Body)), Headers: r.headers(f.Header),
	}
}

// faults are those still to come, and what there is to choose from.
func (s *Sandbox) faults(r redactor) object {
	kinds := mapped(asctest.FaultKinds(), func(k asctest.FaultKind) asctest.FaultKind { return cmp.Or(k, errorKind) })
	return object{"faults": mapped(r.state.Faults, r.fault), "kinds": kinds, "operations": s.operations}
}

func (s *Sandbox) listFaults(*http.Request) (int, any, error) {
	return http.StatusOK, s.faults(s.redactor()), nil
}

func (s *Sandbox) armFault(r *http.Request) (int, any, error) {
	wanted := fault{Times: 1, Kind: errorKind}
	if err := decode(r, &wanted); err != nil {
		return 0, nil, err
	}
	armed := asctest.Fault{
		Operation: wanted.Operation, Kind: wanted.Kind, Times: wanted.Times, Applied: wanted.Applied,
		Delay: time.Duration(wanted.DelayMS) * time.Millisecond, Status: wanted.Status, Code: wanted.Code,
		Body: wanted.Body, Header: wanted.Headers,
	}
	if armed.Kind == errorKind {
		armed.Kind = ""
	}
	if err := wanted.check(); err != nil {
		return 0, nil, err
	}
	armed, err := s.Fake.Arm(armed)
	return http.StatusCreated, s.redactor().fault(armed), err
}

var headerLine = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n\x00]*$")

// check refuses what asctest takes and nobody wants.
func (f *fault) check() error {
	switch {
	case f.Times != -1 && (f.Times < 1 || f.Times > 10_000):
		return badField("times", "must be from 1 to 10000, or -1 for all until the faults are deleted")
	case f.DelayMS < 0 || f.DelayMS > 600_000:
		return badField("delay_ms", "must be from 0 to 600000")
	}
	for name, values := range f.Headers {
		if !headerLine.MatchString(name + ":" + strings.Join(values, "")) {
			return badField("headers", "must have names and values of one line each")
		}
	}
	return nil
}

// deleteFault forgets one of them.
func (s *Sandbox) deleteFault(r *http.Request) (int, any, error) {
	found := false
	err := s.Fake.Update(func(state *asctest.State) {
		before := len(state.Faults)
		state.Faults = slices.DeleteFunc(state.Faults, func(f asctest.Fault) bool { return strconv.Itoa(f.ID) == r.PathValue("id") })
		found = len(state.Faults) < before
	})
	if err == nil && !found {
		err = refuse(http.StatusNotFound, "id", "there is no such fault, or not any more")
	}
	return http.StatusNoContent, nil, err
}

func (s *Sandbox) deleteFaults(*http.Request) (int, any, error) {
	err := s.Fake.Update(func(state *asctest.State) { state.Faults = nil })
	return http.StatusNoContent, nil, err
}
