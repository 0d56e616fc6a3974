package asctest

// Sending a response: as it is, or late, in part, for ever, or not at all.

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"strconv"
	"time"
)

// faultHeader marks a response that was corrupted by a Fault, so that Transport does not report it.
const faultHeader = "X-Asctest-Fault"

// send sends a response, in the way of the fault if there is one. Where bytes matter that needs a real http.Server.
func (f *Fault) send(w http.ResponseWriter, r *http.Request, a response) {
	if f == nil {
		f = &Fault{Kind: FaultLate} // by no time
	}
	kind, half := f.Kind, a.body[:len(a.body)/2]
	if kind != FaultLateBody && !pause(r.Context(), f.Delay) || kind == FaultResetBeforeHeaders {
		hangUp(w, true)
	}
	for _, from := range []http.Header{a.header, f.Header} {
		for name, values := range from {
			w.Header()[http.CanonicalHeaderKey(name)] = values
		}
	}
	if kind != FaultLate && kind != FaultLateBody && (kind != errorResponse || f.Body != "") {
		w.Header().Set(faultHeader, string(kind))
	}
	whole := strconv.Itoa(len(a.body))
	begin := func(part []byte, header, value string) {
		w.Header().Set(header, value)
		w.WriteHeader(a.status)
		_, _ = w.Write(part)
		_ = http.NewResponseController(w).Flush()
	}
	switch kind {
	case FaultResetMidBody, FaultTruncatedBody:
		begin(half, "Content-Length", whole)
		hangUp(w, kind == FaultResetMidBody)
	case FaultCloseDelimited:
		begin(half, "Transfer-Encoding", "identity") // net/http's word for neither length nor chunks
		hangUp(w, false)
	case FaultLateBody:
		begin(half, "Content-Length", whole)
		if pause(r.Context(), f.Delay) {
			_, _ = w.Write(a.body[len(half):])
		}
	default:
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body)
	}
	for kind == FaultEndlessBody && r.Context().Err() == nil { // until nobody reads
		_, _ = w.Write(bytes.Repeat([]byte(" "), 1<<15))
	}
}

// pause waits for d. It is false when the client left or the server closed meanwhile.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// hangUp ends the connection and the handler. abrupt does it with a TCP reset, where there is one to send. net/http
// would linger for half a second.
func hangUp(w http.ResponseWriter, abrupt bool) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		if tcp, ok := conn.(*net.TCPConn); ok && abrupt {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	}
	panic(http.ErrAbortHandler) // understood by net/http, which logs nothing
}
