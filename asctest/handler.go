package asctest

// The handler: the way of a call from its bytes to a proven answer.

import (
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
// concurrent use. Make one with New.
type Handler struct {
	contract     *contract
	logger       *slog.Logger
	onLie        func(error)
	arrayAnswers bool
	secondCreate struct {
		status int
		code   string
	}
	skew   time.Duration
	faults faults
	rates  rates
	record recorder

	mu      sync.Mutex
	keys    []Key
	accept  map[string]acceptedKey
	account account
}

// New returns a handler for an http.Server of your own. An answer of its own
// that breaks the document becomes a 500 that says so. Tests have it easier
// with NewServer. Errors name the option that can't be met.
func New(opts ...Option) (*Handler, error) {
	c, err := document()
	if err != nil {
		return nil, err
	}
	h := &Handler{contract: c, logger: slog.Default(), onLie: func(error) {}}
	h.secondCreate.status, h.secondCreate.code = http.StatusConflict, "ENTITY_ERROR"
	h.rates.limit = 3500
	for _, opt := range opts {
		if err := opt(h); err != nil {
			return nil, err
		}
	}
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

// Webhook returns the registered webhook and whether there is one.
func (h *Handler) Webhook() (Webhook, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.account.webhook == nil {
		return Webhook{}, false
	}
	return *h.account.webhook, true
}

// SetWebhook registers w, past the API. An empty ID becomes a fresh one.
func (h *Handler) SetWebhook(w Webhook) {
	if w.ID == "" {
		w.ID = newUUID()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.account = account{webhook: &w}
}

// RemoveWebhook forgets the webhook, past the API.
func (h *Handler) RemoveWebhook() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.account = account{}
}

// call is a request on its way to an answer.
type call struct {
	request   *http.Request
	body      []byte
	broken    error // the body could not be read
	operation Operation
	id        string
	query     url.Values
	keyID     string
}

// ServeHTTP answers as App Store Connect does for the four operations.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{request: r}
	c.operation, c.id = route(r.Method, r.URL.EscapedPath())
	c.body, c.broken = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	entry := c.entry(h.now())
	fault := h.fault(entry)
	a := h.answer(c, fault == nil || fault.applies())
	kind := Kind("")
	if fault != nil {
		a, kind = fault.spoil(c, a)
	}
	entry.Status, entry.Reason, entry.KeyID = a.status, a.reason, c.keyID
	h.logger.Debug("asctest", "method", r.Method, "path", r.URL.Path, "status", a.status, "reason", a.reason)
	h.record.add(entry)
	if fault == nil {
		send(w, a)
		return
	}
	fault.send(w, r, kind, a)
}

func send(w http.ResponseWriter, a answer) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

// answer decides the answer and proves it; commit lets the call take effect.
func (h *Handler) answer(c *call, commit bool) answer {
	now := h.now()
	a, secrets, remaining := h.decide(c, now, commit)
	a.header.Set("Date", now.UTC().Format(http.TimeFormat))
	a.header.Set("X-Rate-Limit", fmt.Sprintf("user-hour-lim:%d;user-hour-rem:%d;", h.rates.limit, remaining))
	if lie := h.prove(c, a, secrets); lie != nil {
		h.logger.Error("asctest: the fake broke the contract", "error", lie)
		h.onLie(lie)
		return refuse(newError(http.StatusInternalServerError, "UNEXPECTED_ERROR", lie.Error()))
	}
	return a
}

// decide goes through the checks in App Store Connect's order, as far as it
// is known. It also returns the secrets that the answer must not hold.
func (h *Handler) decide(c *call, now time.Time, commit bool) (a answer, secrets []string, remaining int) {
	keyID, err := verifyToken(c.request, h.accepted(), now)
	if err != nil {
		a = refuse(newError(http.StatusUnauthorized, "NOT_AUTHORIZED", "Send a bearer token that is signed with an API key and has not expired."))
		a.reason = "token: " + strings.ReplaceAll(err.Error(), "\n", "; ")
		return a, nil, h.rates.limit
	}
	c.keyID = keyID
	remaining, ok := h.rates.take(keyID, now)
	switch {
	case !ok:
		a = refuse(newError(http.StatusTooManyRequests, "RATE_LIMIT_EXCEEDED", "The key has used up its calls of the last hour."))
	case c.operation == "":
		a = notOffered(c.request.Method, c.request.URL.EscapedPath())
	case !acceptsJSON(c.request.Header.Values("Accept")):
		a = answer{status: http.StatusNotAcceptable, header: http.Header{"Content-Type": {"text/plain"}},
			body: []byte("Only application/json is offered here."), reason: "Accept"}
	case c.broken != nil:
		a = bodyBroken(c.broken)
	default:
		a, secrets = h.carryOut(c, commit)
	}
	return a, secrets, remaining
}

func (h *Handler) carryOut(c *call, commit bool) (answer, []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a, after := h.do(c, h.account)
	secrets := append(h.account.secrets(), after.secrets()...)
	if commit {
		h.account = after
	}
	return a, secrets
}

func (h *Handler) accepted() map[string]acceptedKey {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.accept // replaced as a whole, never changed
}

func bodyBroken(err error) answer {
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return refuse(newError(http.StatusRequestEntityTooLarge, "", "The body is larger than 1 MiB."))
	}
	return refuse(newError(http.StatusBadRequest, "ENTITY_INVALID", "The body ended early."))
}

// prove holds the call and its answer against the contract, and the two against each other.
func (h *Handler) prove(c *call, a answer, secrets []string) error {
	if sent, ok := sentSecret(c.body); ok {
		secrets = append(secrets, sent)
	}
	x := &exchange{
		method: c.request.Method, url: c.request.URL, header: c.request.Header, body: c.body, secrets: secrets,
		status: a.status, answerHeader: a.header, answer: a.body,
	}
	broken := errors.Join(h.contract.checkRequest(x)...)
	switch {
	case broken != nil && a.status < http.StatusBadRequest:
		return fmt.Errorf("asctest: accepted a bad request: %w", broken)
	case broken == nil && a.blames:
		return fmt.Errorf("asctest: %s: refused a good request with %s", c.operation, a.reason)
	}
	if err := errors.Join(h.contract.checkAnswer(x)...); err != nil {
		return fmt.Errorf("asctest: gave a bad answer: %w", err)
	}
	return nil
}

func (h *Handler) now() time.Time { return time.Now().Add(h.skew) }
