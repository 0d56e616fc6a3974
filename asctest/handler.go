package asctest

// The handler: the stages that a call passes, a file for each.

import (
	"context"
	"crypto/rand"
	"net/http"
	"sync"
	"time"

	"github.com/ascmarketplace/webhooks/internal/contract"
)

// Handler is App Store Connect in memory, for one account. It is safe for concurrent use. Create one with New, and
// Close it when webhooks were used.
type Handler struct {
	contract    *contract.Contract
	onViolation func(error)
	record      record
	posts       sync.WaitGroup
	ctx         context.Context // of posts
	endPosts    context.CancelFunc

	mu          sync.Mutex
	downloadKey string // makes the access keys of URLs
	state       State
	former      []string               // the webhooks that FormerSecrets has, the one whose secret changed last at the end
	begun       State                  // what Reset returns to
	calls       map[string][]time.Time // of each key in the last hour
}

// New returns a handler for an http.Server of your own. A response of its own that breaks the OpenAPI document
// becomes a 500 that says so. Tests are shorter with NewServer. Errors name the option that can't be met.
func New(opts ...Option) (*Handler, error) {
	c, err := contract.Load()
	if err != nil {
		return nil, err
	}
	h := &Handler{contract: c, calls: map[string][]time.Time{}, downloadKey: rand.Text()}
	h.onViolation = func(error) {}
	h.ctx, h.endPosts = context.WithCancel(context.Background())
	for _, opt := range opts {
		if err := opt.applyTo(h); err != nil {
			return nil, err
		}
	}
	if len(h.state.Keys) == 0 {
		h.state.Keys = []Key{{}}
	}
	if err := h.Update(func(*State) {}); err != nil {
		return nil, err
	}
	h.begun = h.state.clone()
	return h, nil
}

// ServeHTTP responds as App Store Connect does to the operations of the OpenAPI document.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := h.receive(w, r)
	right := h.respond(c)
	sent := c.fault.corrupt(c, right)
	c.settings.Logger.Debug("asctest",
		"method", r.Method, "path", r.URL.Path, "status", sent.status, "reason", sent.reason)
	h.record.addExchange(c.exchange(sent))
	c.fault.send(w, r, sent)
}

// respond goes through the stages in App Store Connect's order, as far as it is known, until one refuses the call.
func (h *Handler) respond(c *call) response {
	for _, refuses := range []func(*call) *response{h.route, h.authenticate, h.takeFault, h.limit, h.check} {
		if refusal := refuses(c); refusal != nil {
			return h.operate(c, func(*State, *call) response { return *refusal })
		}
	}
	return h.operate(c, h.operation(c.operation))
}

// Reset makes everything as it was after New, the keys aside: webhooks, apps, package versions, deliveries,
// exchanges, faults and rate limits. IDs of exchanges go on counting.
func (h *Handler) Reset() {
	h.mu.Lock()
	keys := h.state.Keys
	h.state = h.begun.clone()
	h.state.Keys = keys
	clear(h.calls)
	h.mu.Unlock()
	h.record.reset()
}

func (s *Settings) now() time.Time { return time.Now().Add(s.Skew) }
