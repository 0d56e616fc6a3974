package asctest

// What arrived: the record of requests and the rolling hour of each key.

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// What is remembered of requests: the latest, within both bounds.
const (
	maxRecorded      = 10_000
	maxRecordedBytes = 64 << 20 // of bodies and headers, roughly
	maxResponseBody  = 64 << 10 // of one response
)

// Exchange is a request that arrived, and what became of it.
type Exchange struct {
	ID        int       // counts requests, from 1
	Time      time.Time // by the server's clock
	Method    string
	Path      string      // still escaped
	Query     string      // still escaped
	Operation Operation   // empty if it is none
	Header    http.Header // without Authorization
	Body      []byte      // a create or update has its secret in here
	KeyID     string      // the key that signed the token, if it was accepted
	Status    int         // 0 if the connection was cut before any header
	Reason    string      // why it was refused, in a few words; Apple gives no such hint

	// Violations are the rules of the OpenAPI document that the request broke,
	// without the values that broke them.
	Violations []string

	// ResponseHeader and ResponseBody are the response, of which a fault may
	// have sent only a part. At most 64 KiB of the body are kept.
	ResponseHeader http.Header
	ResponseBody   []byte
}

// entry is the record of c before it is answered.
func (c *call) entry(now time.Time) Exchange {
	header := c.request.Header.Clone()
	header.Del("Authorization")
	return Exchange{
		Time: now, Method: c.request.Method, Path: c.request.URL.EscapedPath(), Query: c.request.URL.RawQuery,
		Operation: c.operation, Header: header, Body: bytes.Clone(c.body),
	}
}

type recorder struct {
	mu       sync.Mutex
	requests []Exchange
	bytes    int
	last     int // the latest ID
}

func (r *recorder) add(request Exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	request.ID = r.last
	r.requests = append(r.requests, request)
	r.bytes += request.size()
	for len(r.requests) > maxRecorded || r.bytes > maxRecordedBytes && len(r.requests) > 1 {
		r.bytes -= r.requests[0].size()
		r.requests[0] = Exchange{} // for the garbage collector
		r.requests = r.requests[1:]
	}
}

func (r *recorder) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests, r.bytes = nil, 0
}

func (r Exchange) size() int {
	size := len(r.Path) + len(r.Query) + len(r.Body) + len(r.ResponseBody)
	for _, header := range []http.Header{r.Header, r.ResponseHeader} {
		for name, values := range header {
			size += len(name) + len(strings.Join(values, ""))
		}
	}
	return size
}

// Exchanges returns what has arrived so far, oldest first: the latest 10,000, or
// fewer if they hold more than 64 MiB. A request is there as soon as its
// response is decided.
func (h *Handler) Exchanges() []Exchange { return h.ExchangesAfter(0) }

// ExchangesAfter returns those of Requests whose ID is greater than id.
func (h *Handler) ExchangesAfter(id int) []Exchange {
	h.record.mu.Lock()
	defer h.record.mu.Unlock()
	known := id - (h.record.last - len(h.record.requests))
	return slices.Clone(h.record.requests[min(max(known, 0), len(h.record.requests)):])
}

// rates counts the calls of each key in the last hour.
type rates struct {
	limit int
	mu    sync.Mutex
	taken map[string][]time.Time
}

// take counts one call and returns how many are left. It is false when the hour is used up.
func (r *rates) take(keyID string, now time.Time) (remaining int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.taken == nil {
		r.taken = map[string][]time.Time{}
	}
	taken := r.taken[keyID]
	for len(taken) > 0 && now.Sub(taken[0]) >= time.Hour {
		taken = taken[1:]
	}
	if ok = len(taken) < r.limit; ok {
		taken = append(taken, now)
	}
	r.taken[keyID] = taken
	return r.limit - len(taken), ok
}

func (r *rates) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken = nil
}
