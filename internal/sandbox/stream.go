package sandbox

// GET /events: what happens, as server-sent events.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const keepAlive = 15 * time.Second

// seen is what a stream has told so far.
type seen struct {
	request, change, resets int
	state, faults           []byte
}

// stream sends an event for each exchange, for each notification when it is sent
// and when it is responded to, and for every other change.
func (s *Sandbox) stream(w http.ResponseWriter, r *http.Request) {
	wake := make(chan struct{}, 1)
	s.mu.Lock()
	s.wake[wake] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.wake, wake)
	}()
	told := s.now()
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
		case <-wake:
			_, _ = w.Write(s.news(&told))
		}
	}
}

// now is the stream that has told everything that can be listed.
func (s *Sandbox) now() seen {
	s.mu.Lock()
	told := seen{change: s.posts.changes, resets: s.resets}
	s.mu.Unlock()
	if requests := s.Fake.Exchanges(); len(requests) > 0 {
		told.request = requests[len(requests)-1].ID
	}
	told.state, _ = json.Marshal(s.state())
	told.faults, _ = json.Marshal(s.faults())
	return told
}

// news returns the events since those that told has, and brings it up to date.
func (s *Sandbox) news(told *seen) []byte {
	var b bytes.Buffer
	s.mu.Lock()
	posts, changes, resets := s.posts.changedAfter(told.change), s.posts.changes, s.resets
	s.mu.Unlock()
	requests := s.Fake.ExchangesAfter(told.request)
	stateNow, _ := json.Marshal(s.state())
	faultsNow, _ := json.Marshal(s.faults())
	if resets != told.resets {
		writeEvent(&b, "reset", []byte("{}"))
	}
	for _, r := range requests {
		told.request = r.ID
		x, _ := json.Marshal(s.listed(r))
		writeEvent(&b, "exchange", x)
	}
	for _, p := range posts {
		x, _ := json.Marshal(s.listedPost(p))
		writeEvent(&b, "notification", x)
	}
	if !bytes.Equal(stateNow, told.state) {
		writeEvent(&b, "state", stateNow)
	}
	if !bytes.Equal(faultsNow, told.faults) {
		writeEvent(&b, "faults", faultsNow)
	}
	told.change, told.resets, told.state, told.faults = changes, resets, stateNow, faultsNow
	return b.Bytes()
}

func writeEvent(b *bytes.Buffer, name string, data []byte) {
	fmt.Fprintf(b, "event: %s\ndata: %s\n\n", name, data)
}
