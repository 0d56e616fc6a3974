package asctest

// Sending a response: as it is, or late, in part, for ever, or not at all.

import (
	"bytes"
	"compress/gzip"
	"context"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// faultHeader marks a response that was corrupted by a Fault, so that Transport does not report it.
const faultHeader = "X-Asctest-Fault"

// send sends a response, in the way of the fault if there is one. Where bytes matter that needs a real http.Server.
func (f *Fault) send(w http.ResponseWriter, r *http.Request, a response) {
	if f == nil {
		f = &Fault{Kind: FaultLate} // by no time
	}
	kind := f.sendsAs(a)
	if kind != FaultLateBody && !pause(r.Context(), f.Delay) {
		hangUp(w, true)
	}
	if kind == FaultResetBeforeHeaders {
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
	half := a.body[:len(a.body)/2]
	switch kind {
	case FaultResetMidBody, FaultTruncatedBody, FaultLateBody:
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	switch kind {
	case FaultResetMidBody:
		begin(w, a.status, half)
		hangUp(w, true)
	case FaultTruncatedBody:
		begin(w, a.status, half)
		hangUp(w, false)
	case FaultCloseDelimited:
		w.Header().Set("Transfer-Encoding", "identity") // net/http's word for neither length nor chunks
		begin(w, a.status, half)
		hangUp(w, false)
	case FaultLateBody:
		begin(w, a.status, half)
		if pause(r.Context(), f.Delay) {
			_, _ = w.Write(a.body[len(half):])
		}
	case FaultEndlessBody:
		w.WriteHeader(a.status)
		_, _ = w.Write([]byte(`{"data":[`))
		pour(w, r, bytes.Repeat([]byte(" "), 1<<15), -1)
	case FaultGzipBomb:
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(a.status)
		pour(w, r, zippedMiB(), 256)
	default:
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body)
	}
}

// begin sends the headers and a part of the body.
func begin(w http.ResponseWriter, status int, part []byte) {
	w.WriteHeader(status)
	_, _ = w.Write(part)
	_ = http.NewResponseController(w).Flush()
}

// pour writes chunk n times, or for ever if n is negative, while somebody reads.
func pour(w http.ResponseWriter, r *http.Request, chunk []byte, n int) {
	for ; n != 0 && r.Context().Err() == nil; n-- {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// zippedMiB is 1 MiB of spaces as a gzip member; a reader takes several in a row as one.
var zippedMiB = sync.OnceValue(func() []byte {
	var zipped bytes.Buffer
	gz := gzip.NewWriter(&zipped)
	_, _ = gz.Write(bytes.Repeat([]byte(" "), 1<<20))
	_ = gz.Close()
	return zipped.Bytes()
})

// pause waits for d. It is false when the client left or the server closed meanwhile.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
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
