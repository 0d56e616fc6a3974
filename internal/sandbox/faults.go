package sandbox

// Making the service's calls fail.

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
)

// errorKind is what the zero asctest.FaultKind is called here.
const errorKind = "error"

// fault is an asctest.Fault.
type fault struct {
	Operation string              `json:"operation"` // any if it is empty
	Kind      string              `json:"kind"`
	Times     int                 `json:"times"` // -1: until the faults are deleted
	Applied   bool                `json:"applied"`
	DelayMS   int                 `json:"delay_ms"`
	Status    int                 `json:"status"` // the usual one of the kind if it is 0
	Code      string              `json:"code"`
	Body      string              `json:"body"`
	Headers   map[string][]string `json:"headers"`
}

func (f *fault) kind() asctest.FaultKind {
	if f.Kind == errorKind {
		return ""
	}
	return asctest.FaultKind(f.Kind)
}

func kinds() []string {
	return mapped(asctest.FaultKinds(), func(k asctest.FaultKind) string { return cmp.Or(string(k), errorKind) })
}

type faultList struct {
	Faults     []fault  `json:"faults"` // still to come
	Kinds      []string `json:"kinds"`
	Operations []string `json:"operations"`
}

func (s *Sandbox) faults() faultList {
	return faultList{mapped(s.Fake.State().Faults, s.fault), kinds(), s.operations}
}

func (s *Sandbox) fault(f asctest.Fault) fault {
	shown := fault{
		Operation: string(f.Operation), Kind: cmp.Or(string(f.Kind), errorKind), Times: f.Times, Applied: f.Applied,
		DelayMS: int(f.Delay.Milliseconds()), Status: f.Status, Code: s.withhold(f.Code),
		Body: s.withholdBody([]byte(f.Body)), Headers: s.withholdHeader(f.Header),
	}
	return shown
}

func (s *Sandbox) listFaults(*http.Request) (int, any, error) { return http.StatusOK, s.faults(), nil }

func (s *Sandbox) armFault(r *http.Request) (int, any, error) {
	wanted := fault{Times: 1, Kind: errorKind}
	if err := decode(r, &wanted); err != nil {
		return 0, nil, err
	}
	if err := wanted.check(); err != nil {
		return 0, nil, err
	}
	armed := asctest.Fault{
		Operation: asctest.Operation(wanted.Operation), Kind: wanted.kind(),
		Times: wanted.Times, Applied: wanted.Applied, Delay: time.Duration(wanted.DelayMS) * time.Millisecond,
		Status: wanted.Status, Code: wanted.Code, Body: wanted.Body, Header: wanted.Headers,
	}
	err := s.Fake.Update(func(state *asctest.State) { state.Faults = append(state.Faults, armed) })
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, s.fault(armed), nil
}

var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

const maxDelayMS = 600_000

// check refuses what asctest takes and nobody wants.
func (f *fault) check() error {
	switch {
	case f.Times != -1 && (f.Times < 1 || f.Times > 10_000):
		return badField("times", "must be from 1 to 10000, or -1 for all until the faults are deleted")
	case f.DelayMS < 0 || f.DelayMS > maxDelayMS:
		return badField("delay_ms", "must be from 0 to %d", maxDelayMS)
	}
	for name, values := range f.Headers {
		if !headerName.MatchString(name) || slices.ContainsFunc(values, func(v string) bool { return strings.ContainsAny(v, "\r\n\x00") }) {
			return badField("headers", "have names and values of one line each")
		}
	}
	return nil
}

func (s *Sandbox) deleteFaults(*http.Request) (int, any, error) {
	err := s.Fake.Update(func(state *asctest.State) { state.Faults = nil })
	return http.StatusNoContent, nil, err
}
