package asctest

// The one record: every call that arrived and every notification that was posted.

import (
	"net/http"
	"slices"
	"sort"
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
	ID        int       // counts exchanges, from 1
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
	for _, header := range []http.Header{x.Header, x.ResponseHeader} {
		for name, values := range header {
			size += len(name) + len(strings.Join(values, ""))
		}
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
func (h *Handler) Since(number int) Changes {
	h.record.mu.Lock()
	defer h.record.mu.Unlock()
	return h.record.since(number)
}

// Exchanges returns what has arrived so far, oldest first: the latest 10,000, or fewer if they hold more than 64 MiB.
// A request is there as soon as its response is decided.
func (h *Handler) Exchanges() []Exchange {
	h.record.mu.Lock()
	defer h.record.mu.Unlock()
	return slices.Clone(h.record.exchanges.items)
}

// Deliveries returns what was posted to one webhook, or to all if the id is empty, oldest first: the latest 10,000,
// or fewer if they hold more than 64 MiB.
func (h *Handler) Deliveries(webhookID string) (found []Delivery) {
	h.record.mu.Lock()
	defer h.record.mu.Unlock()
	for _, d := range h.record.deliveries.items {
		if webhookID == "" || d.WebhookID == webhookID {
			found = append(found, d)
		}
	}
	return found
}

// record has both histories. No call goes through either of them, but the one that lists deliveries.
type record struct {
	mu         sync.Mutex
	exchanges  history[Exchange]
	deliveries history[Delivery]
	journal    history[entry]
	positions  map[string]int // of deliveries, by their IDs
	changes    int
	resets     int
	more       chan struct{}
}

// entry says that a delivery changed.
type entry struct {
	change int
	id     string
}

func (r *record) init() {
	r.positions, r.more = map[string]int{}, make(chan struct{})
}

// changed, under r.mu, wakes those who wait.
func (r *record) changed() int {
	close(r.more)
	r.more = make(chan struct{})
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
	x.ID, x.change = r.exchanges.next()+1, r.changed()
	r.exchanges.add(x, x.size())
	r.exchanges.trim(maxRecorded, func(oldest *Exchange) int { return oldest.size() })
}

// addDelivery records that d is being posted.
func (r *record) addDelivery(d Delivery) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if original := r.delivery(d.original); original != nil {
		original.redelivered = true
	}
	r.positions[d.ID] = r.deliveries.next()
	r.deliveries.add(d, d.size())
	r.note(&r.deliveries.items[len(r.deliveries.items)-1])
	r.deliveries.trim(maxRecorded, func(oldest *Delivery) int {
		delete(r.positions, oldest.ID)
		return oldest.size()
	})
}

// finish records what became of d; what Reset has forgotten stays forgotten.
func (r *record) finish(d Delivery) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if there := r.delivery(d.ID); there != nil {
		d.redelivered = there.redelivered
		*there = d
		r.note(there)
	}
}

func (r *record) note(d *Delivery) {
	d.change = r.changed()
	r.journal.add(entry{d.change, d.ID}, 0)
	r.journal.trim(2*maxRecorded, func(*entry) int { return 0 })
}

// delivery, under r.mu, returns the delivery with the id, or nil.
func (r *record) delivery(id string) *Delivery {
	position, there := r.positions[id]
	if !there {
		return nil
	}
	return &r.deliveries.items[position-r.deliveries.dropped]
}

// get returns the delivery with the id that the API has.
func (r *record) get(id string) (Delivery, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.delivery(strings.ToLower(id))
	if d == nil || !d.listed {
		return Delivery{}, false
	}
	return *d, true
}

// deliveriesTo returns the wanted ones of those to a webhook that the API lists. In which order is documented
// nowhere: newest first.
func (r *record) deliveriesTo(webhookID string, wanted func(*Delivery) bool) (found []Delivery) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range slices.Backward(r.deliveries.items) {
		d := &r.deliveries.items[i]
		if d.WebhookID == webhookID && d.listed && wanted(d) {
			found = append(found, *d)
		}
	}
	return found
}

func (r *record) since(number int) Changes {
	changes := Changes{Number: r.changes, Resets: r.resets, More: r.more}
	exchanges, entries := r.exchanges.items, r.journal.items
	first := sort.Search(len(exchanges), func(i int) bool { return exchanges[i].change > number })
	changes.Exchanges = slices.Clone(exchanges[first:])
	first = sort.Search(len(entries), func(i int) bool { return entries[i].change > number })
	for _, entry := range entries[first:] {
		if d := r.delivery(entry.id); d != nil && d.change == entry.change {
			changes.Deliveries = append(changes.Deliveries, *d)
		}
	}
	return changes
}

func (r *record) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges.forget()
	r.deliveries.forget()
	r.journal.forget()
	clear(r.positions)
	r.resets++
	r.changed()
}
