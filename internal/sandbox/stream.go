package sandbox

// GET /events: what happens, as server-sent events.

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
)

// stream sends an event for each exchange, for each notification when it is sent and when it is responded to, and for
// every other change. It ends with the context of the server.
func (s *Sandbox) stream(w http.ResponseWriter, r *http.Request) {
	told := s.Fake.Since(math.MaxInt)
	state, faults := s.stateAndFaults(s.redactor())
	w.Header().Set("Content-Type", "text/event-stream")
	flusher := http.NewResponseController(w)
	_, _ = fmt.Fprint(w, ": connected\n\n")
	for {
		if flusher.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-told.More:
			changes, redactor := s.Fake.Since(told.Number), s.redactor()
			stateNow, faultsNow := s.stateAndFaults(redactor)
			if changes.Resets != told.Resets {
				writeEvent(w, "reset", "{}")
			}
			for _, x := range changes.Exchanges {
				writeEvent(w, "exchange", encoded(redactor.exchange(x, maxListedBody)))
			}
			for _, d := range changes.Deliveries {
				writeEvent(w, "notification", encoded(redactor.notification(d, maxListedBody)))
			}
			if stateNow != state {
				writeEvent(w, "state", stateNow)
			}
			if faultsNow != faults {
				writeEvent(w, "faults", faultsNow)
			}
			told, state, faults = changes, stateNow, faultsNow
		}
	}
}

func (s *Sandbox) stateAndFaults(r redactor) (state, faults string) {
	return encoded(r.shownState()), encoded(s.faults(r))
}

func encoded(value any) string {
	data, _ := json.Marshal(value)
	return string(data)
}

func writeEvent(w io.Writer, name, data string) {
	_, _ = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, data)
}
