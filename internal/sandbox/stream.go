package sandbox

// GET /events: what happens, as server-sent events.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
)

const keepAlive = 15 * time.Second

// stream sends an event for each exchange, for each notification when it is sent and when it is responded to, and for
// every other change.
func (s *Sandbox) stream(w http.ResponseWriter, r *http.Request) {
	told := s.Fake.Since(math.MaxInt)
	state, faults := s.stateAndFaults()
	w.Header().Set("Content-Type", "text/event-stream")
	flusher := http.NewResponseController(w)
	_, _ = fmt.Fprint(w, ": connected\n\n")
	ticker := time.NewTicker(keepAlive)
	defer ticker.Stop()
	for {
		if flusher.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-s.closed:
			return
		case <-ticker.C:
			_, _ = fmt.Fprint(w, ": still here\n\n")
		case <-told.More:
			changes := s.Fake.Since(told.Number)
			stateNow, faultsNow := s.stateAndFaults()
			if changes.Resets != told.Resets {
				writeEvent(w, "reset", []byte("{}"))
			}
			s.writeRecorded(w, changes)
			if !bytes.Equal(stateNow, state) {
				writeEvent(w, "state", stateNow)
			}
			if !bytes.Equal(faultsNow, faults) {
				writeEvent(w, "faults", faultsNow)
			}
			told, state, faults = changes, stateNow, faultsNow
		}
	}
}

func (s *Sandbox) stateAndFaults() (state, faults []byte) {
	state, _ = json.Marshal(s.state())
	faults, _ = json.Marshal(s.faults())
	return state, faults
}

func (s *Sandbox) writeRecorded(w io.Writer, changes asctest.Changes) {
	for _, x := range changes.Exchanges {
		data, _ := json.Marshal(s.listed(x))
		writeEvent(w, "exchange", data)
	}
	for _, d := range changes.Deliveries {
		data, _ := json.Marshal(s.listedPost(d))
		writeEvent(w, "notification", data)
	}
}

func writeEvent(w io.Writer, name string, data []byte) {
	_, _ = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, data)
}
