package asctest

// The handler: from the bytes of a call to a verified response.

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxBody is how much of a request's body is read.
const maxBody = 1 << 20

// Handler is App Store Connect in memory, for one account. It is safe for
// concurrent use. Create one with New, and Close it when webhooks were used.
type Handler struct {
	contract     *contract
	logger       *slog.Logger
	onViolation  func(error)
	onChange     func()
	arrayAnswers bool
	liveListing  bool
	strictTokens bool
	secondCreate struct {
		status int
		code   string
	}
	skew   time.Duration
	faults faults
	rates  rates
	record recorder
	poster poster

	mu     sync.Mutex
	keys   []Key
	accept map[string]acceptedKey
	state  state
	begun  state // what Reset returns to
}

// New returns a handler for an http.Server of your own. A response of its own
// that breaks the OpenAPI document becomes a 500 that says so. Tests are
// shorter with NewServer. Errors name the option that can't be met.
func New(opts ...Option) (*Handler, error) {
	c, err := document()
	if err != nil {
		return nil, err
	}
	h := &Handler{contract: c, logger: slog.Default(), onViolation: func(error) {}, onChange: func() {}, poster: newPoster()}
	h.secondCreate.status, h.secondCreate.code = http.StatusConflict, "ENTITY_ERROR"
	h.rates.limit = 3500
	for _, opt := range opts {
		if err := opt(h); err != nil {
			return nil, err
		}
	}
	h.begun = h.state.clone()
	if h.keys == nil {
		key, err := newKey()
		if err != nil {
			return nil, err
		}
		return h, h.SetKeys(key)
	}
	return h, nil
}

// SetKeys replaces the keys that tokens may be signed with.
func (h *Handler) SetKeys(keys ...Key) error {
	if len(keys) == 0 {
		return errors.New("asctest: at least one key is needed")
	}
	accept := map[string]acceptedKey{}
	for _, key := range keys {
		public, err := key.public()
		if err != nil {
			return err
		}
		accept[key.ID] = acceptedKey{key.IssuerID, public}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.keys, h.accept = slices.Clone(keys), accept
	return nil
}

// Key returns the first of the keys that tokens may be signed with.
func (h *Handler) Key() Key {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.keys[0]
}

// call is a request on its way to a response.
type call struct {
	request   *http.Request
	body      []byte
	broken    error // the body could not be read
	operation Operation
	id        string
	query     url.Values
	sent      sentResource
	keyID     string
	post      []string // ids of deliveries to post when the call takes effect
	broke     []string // rules of the OpenAPI document
}

// sentResource is what the body of a create or an update asks for.
type sentResource struct {
	Data struct {
		ID            string
		Attributes    map[string]any
		Relationships map[string]struct{ Data struct{ ID string } }
	}
}

// text returns an attribute and whether it was given; null is as if it were not.
func (s *sentResource) text(name string) (string, bool) {
	value, ok := s.Data.Attributes[name].(string)
	return value, ok
}

// related is the id that a relationship points at.
func (s *sentResource) related(name string) string { return s.Data.Relationships[name].Data.ID }

// ServeHTTP responds as App Store Connect does to the operations of the
// OpenAPI document.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{request: r}
	c.operation, c.id = h.contract.operation(r)
	if r.Body != nil {
		c.body, c.broken = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	}
	entry := c.entry(h.now())
	fault := h.fault(entry)
	response := h.respond(c, fault == nil || fault.applies())
	kind := FaultKind("")
	if fault != nil {
		response, kind = fault.apply(c, response)
	}
	entry.Status, entry.Reason, entry.KeyID, entry.Violations = response.status, response.reason, c.keyID, c.broke
	entry.ResponseHeader, entry.ResponseBody = response.header, response.body[:min(len(response.body), maxResponseBody)]
	h.logger.Debug("asctest", "method", r.Method, "path", r.URL.Path, "status", response.status, "reason", response.reason)
	h.record.add(entry)
	h.onChange()
	if fault == nil {
		send(w, response)
		return
	}
	fault.send(w, r, kind, response)
}

func send(w http.ResponseWriter, r response) {
	for name, values := range r.header {
		w.Header()[name] = values
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body)
}

// respond decides the response; a bad one of its own becomes a 500.
func (h *Handler) respond(c *call, commit bool) response {
	if c.operation == Download {
		return h.download(c, h.now())
	}
	r, violation := h.takeEffect(c, commit, h.now())
	if violation != nil {
		h.logger.Error("asctest: the fake broke the contract", "error", violation)
		h.onViolation(violation)
		return refuse(newError(http.StatusInternalServerError, "", violation.Error()))
	}
	return r
}

// takeEffect decides the response and verifies it; only then, and if commit is
// set, the call takes effect.
func (h *Handler) takeEffect(c *call, commit bool, now time.Time) (response, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	after := h.state.clone()
	r, remaining := h.decide(c, &after, now)
	r.header.Set("Date", now.UTC().Format(http.TimeFormat))
	r.header.Set("X-Rate-Limit", fmt.Sprintf("user-hour-lim:%d;user-hour-rem:%d;", h.rates.limit, remaining))
	if violation := h.verify(c, r, append(h.state.secrets(), after.secrets()...)); violation != nil {
		return response{}, violation
	}
	if commit && r.status < http.StatusBadRequest {
		h.state = after
		for _, id := range c.post {
			h.post(id)
		}
	}
	return r, nil
}

// decide goes through the checks in App Store Connect's order, as far as it
// is known, and performs the call on s.
func (h *Handler) decide(c *call, s *state, now time.Time) (r response, remaining int) {
	keyID, err := h.verifyToken(c.request, now)
	if err != nil {
		r = refuse(newError(http.StatusUnauthorized, "", "Send a bearer token that is signed with an API key and has not expired."))
		r.reason = "token: " + strings.ReplaceAll(err.Error(), "\n", "; ")
		return r, h.rates.limit
	}
	c.keyID = keyID
	remaining, ok := h.rates.take(keyID, now)
	switch {
	case !ok:
		r = refuse(newError(http.StatusTooManyRequests, "", "The key has used up its calls of the last hour."))
	case c.operation == "":
		r = h.contract.notOffered(c.request.Method, c.request.URL.EscapedPath())
	case !acceptsJSON(c.request.Header.Values("Accept")):
		r = response{status: http.StatusNotAcceptable, header: http.Header{"Content-Type": {"text/plain"}},
			body: []byte("Only application/json is offered here."), reason: "Accept"}
	case c.broken != nil:
		r = bodyBroken(c.broken)
	default:
		r = h.carryOut(c, s)
	}
	return r, remaining
}

func (h *Handler) carryOut(c *call, s *state) response {
	if broken := h.contract.checkRequest(c.exchange()); len(broken.found) > 0 {
		for _, v := range broken.found {
			c.broke = append(c.broke, v.Error())
		}
		return refuse(clientErrors(broken.found)...)
	}
	c.query = c.request.URL.Query()
	_ = json.Unmarshal(c.body, &c.sent) // has been validated, or is empty
	return h.perform(c, s)
}

func (c *call) exchange() *exchange {
	target := *c.request.URL
	target.Host = c.request.Host // which a server's requests have here only
	return &exchange{method: c.request.Method, url: &target, header: c.request.Header, body: c.body}
}

func bodyBroken(err error) response {
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return refuse(newError(http.StatusRequestEntityTooLarge, "", "The body is larger than 1 MiB."))
	}
	return refuse(newError(http.StatusBadRequest, "ENTITY_INVALID", "The body ended early."))
}

// verify validates the response against the document.
func (h *Handler) verify(c *call, r response, secrets []string) error {
	x := c.exchange()
	x.secrets, x.status, x.responseHeader, x.response = secrets, r.status, r.header, r.body
	if sent, ok := sentSecret(c.body); ok {
		x.secrets = append(x.secrets, sent)
	}
	if err := h.contract.checkResponse(x).errors(); err != nil {
		return fmt.Errorf("asctest: bad response: %w", err)
	}
	return nil
}

func (h *Handler) now() time.Time { return time.Now().Add(h.skew) }
