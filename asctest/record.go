package asctest

// The one record: every call that arrived and every notification that was posted.

import (
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// What is remembered of exchanges, and of deliveries: the latest, within both bounds.
const (
	maxRecorded      = 10_000
	maxRecordedBytes = 64 << 20 // of bodies and headers, roughly
	maxResponseBody  = 64 << 10 // of one response
)

// Exchange is a request that arrived, and what became of it.
type Exchange struct {
	ID        int       // counts exchanges, from 1; the response's X-Request-Id is asctest-ID
	Time      time.Time // by the server's clock
	Method    string
	Path      string        // still escaped
	Query     string        // still escaped
	Operation Operation     // empty if it is none
	Header    http.Header   // without Authorization
	Body      []byte        // a create or update has its secret in here
	KeyID     string        // the key that signed the token, if it was accepted
	Status    int           // 0 if the connection was cut before any header
	Duration  time.Duration // until the response was decided, and the Delay of a Fault
	Reason    string        // why it was refused, in a few words; Apple gives no such hint

	// Violations are the rules of the OpenAPI document that the request broke, without the values that broke them.
	Violations []string

	// ResponseHeader and ResponseBody are the response, of which a fault may have sent only a part. At most 64 KiB of
	// the body are kept.
	ResponseHeader http.Header
	ResponseBody   []byte

	change int // of the record, when it was added
}

func (x *Exchange) size() int {
	size := len(x.Path) + len(x.Query) + len(x.Body) + len(x.ResponseBody)
	for name, values := range x.Header {
		size += len(name) + len(strings.Join(values, ""))
	}
	return size
}

// Changes is what the record has that is new.
type Changes struct {
	Number     int             // where to go on: the next call of Since takes it
	Exchanges  []Exchange      // those that arrived
	Deliveries []Delivery      // those that were begun or finished
	Resets     int             // how often Reset has been called, in all
	More       <-chan struct{} // closed when anything changes, what is registered included
}

// Since returns what has changed since the Changes with that Number, oldest first; 0 is the beginning. Whoever waits
// for a call, or shows what happens, waits for More and asks again.
func (h *Handler) Since(number int) Changes { return h.record.since(number) }

// Exchanges returns what has arrived so far, oldest first: the latest 10,000, or fewer if they hold more than 64 MiB.
// A request is there as soon as its response is decided.
func (h *Handler) Exchanges() []Exchange {
	h.record.mu.Lock()
	defer h.record.mu.Unlock()
	return slices.Clone(h.record.exchanges.items)
}

// Deliveries returns what was posted to one webhook, or to all if the ID is empty, oldest first: the latest 10,000,
// or fewer if they hold more than 64 MiB.
func (h *Handler) Deliveries(webhookID string) []Delivery { return h.record.deliveriesTo(webhookID) }

// history has the latest items within both bounds, oldest first.
type history[T any] struct {
	items []T
	sizes []int
	bytes int
}

// add returns those that are forgotten for it.
func (h *history[T]) add(item T, size int) (gone []T) {
	h.items = append(h.items, item)
	h.sizes = append(h.sizes, size)
	h.bytes += size
	for len(h.items) > maxRecorded || h.bytes > maxRecordedBytes && len(h.items) > 1 {
		h.bytes -= h.sizes[0]
		gone = append(gone, h.items[0])
		h.items[0] = *new(T) // for the garbage collector
		h.items, h.sizes = h.items[1:], h.sizes[1:]
	}
	return gone
}

// record has both histories.
type record struct {
	mu           sync.Mutex
	exchanges    history[Exchange]
	deliveries   history[*Delivery] // each changes once, when it is finished
	index        deliveryIndex
	lastID       int // of an exchange
	lastDelivery int
	changes      int
	resets       int
	more         chan struct{} // nil if nobody waits
}

// changed, under r.mu, wakes those who wait.
func (r *record) changed() int {
	if r.more != nil {
		close(r.more)
		r.more = nil
	}
	r.changes++
	return r.changes
}

// wake tells of a change that the record itself doesn't have.
func (r *record) wake() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changed()
}

func (r *record) addExchange(x Exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lastID++
	x.ID, x.change = r.lastID, r.changed()
	if x.ResponseHeader != nil { // which is sent from here
		x.ResponseHeader.Set("X-Request-Id", "asctest-"+strconv.Itoa(x.ID))
	}
	r.exchanges.add(x, x.size())
}

// addDelivery records that d is being posted, until finish.
func (r *record) addDelivery(d Delivery) *Delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lastDelivery++
	d.Number = r.lastDelivery
	for _, gone := range r.deliveries.add(&d, d.size()) {
		r.index.remove(gone)
	}
	r.index.add(&d)
	r.index.note(&d, r.changed())
	return &d
}

// read returns a copy of a recorded delivery.
func (r *record) read(recorded *Delivery) Delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	return *recorded
}

// finish records what became of a delivery; what has been forgotten stays forgotten.
func (r *record) finish(recorded *Delivery, sent Delivery) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*recorded = sent
	r.index.note(recorded, r.changed())
}

// deliveriesTo returns those to one webhook, or to all if the ID is empty.
func (r *record) deliveriesTo(webhookID string) (found []Delivery) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range r.deliveries.items {
		if webhookID == "" || d.WebhookID == webhookID {
			found = append(found, *d)
		}
	}
	return found
}

// delivery finds one by its ID, in whatever case.
func (r *record) delivery(id string) (Delivery, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d := r.index.byID[strings.ToLower(id)]; d != nil {
		return *d, true
	}
	return Delivery{}, false
}

func (r *record) since(number int) Changes {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.more == nil {
		r.more = make(chan struct{})
	}
	changes := Changes{Number: r.changes, Resets: r.resets, More: r.more}
	exchanges := r.exchanges.items
	first := sort.Search(len(exchanges), func(i int) bool { return exchanges[i].change > number })
	changes.Exchanges = slices.Clone(exchanges[first:])
	changes.Deliveries = r.index.since(number)
	return changes
}

func (r *record) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges, r.deliveries, r.index = history[Exchange]{}, history[*Delivery]{}, deliveryIndex{}
	r.resets++
	r.changed()
}
