package notification

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// A Handler receives notifications over HTTP: it verifies each, decodes it,
// and hands it to a function, each once. Its answers:
//
//	200  the function returned nil, now or for an earlier copy, or the hook took a malformed one
//	400  the body could not be read to its end
//	401  the signature is missing, not in form, or not by one of the secrets
//	405  not a POST
//	413  the body is over the limit
//	415  there is a Content-Encoding, which is never decoded
//	500  the function failed or panicked, or a malformed one was not taken
//	503  the function was too late, the Deduplicator failed, or waiting for the same notification took too long
//
// A missing or badly formed signature is refused before the body is read. The
// Content-Type does not matter: the signature is the authority. That 2xx means
// taken is assumed; Apple documents no answers.
type Handler struct {
	verifier     *Verifier
	handle       func(context.Context, *Notification) error
	maxBodySize  int64
	timeout      time.Duration
	deduplicator Deduplicator
	malformed    func(context.Context, []byte) error
	logger       *slog.Logger
}

// NewHandler returns a Handler that gives each notification to handle. The
// function is called for types that this package does not know too, with a
// nil Event, and concurrently for different notifications. Its context keeps
// the request's values but not its cancellation, so a sender that hangs up
// stops nothing. A nil verifier or function, and an option out of its range,
// are errors.
func NewHandler(v *Verifier, handle func(context.Context, *Notification) error, opts ...Option) (*Handler, error) {
	if v == nil || handle == nil {
		return nil, errors.New("notification: a handler needs a verifier and a function")
	}
	h := &Handler{
		verifier:    v,
		handle:      handle,
		maxBodySize: defaultMaxBodySize,
		timeout:     defaultTimeout,
		malformed:   func(context.Context, []byte) error { return errNoHook },
		logger:      slog.Default(),
	}
	for _, opt := range opts {
		if err := opt(h); err != nil {
			return nil, err
		}
	}
	if h.deduplicator == nil {
		h.deduplicator = newMemory()
	}
	return h, nil
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := h.receive(w, r)
	h.log(r.Context(), a)
	if a.status != http.StatusOK {
		http.Error(w, http.StatusText(a.status), a.status)
	}
}

// receive does the work in an order in which each step may trust those before.
func (h *Handler) receive(w http.ResponseWriter, r *http.Request) answer {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return unread(w, http.StatusMethodNotAllowed, "method")
	}
	claimed, err := parseSignatures(r.Header.Values(SignatureHeader))
	if err != nil {
		return unread(w, http.StatusUnauthorized, "signature header")
	}
	if len(r.Header.Values("Content-Encoding")) > 0 {
		return unread(w, http.StatusUnsupportedMediaType, "content encoding")
	}
	if r.ContentLength > h.maxBodySize {
		return unread(w, http.StatusRequestEntityTooLarge, "body size")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.maxBodySize))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return answer{status: http.StatusRequestEntityTooLarge, reason: "body size"}
	}
	if err != nil {
		return answer{status: http.StatusBadRequest, reason: "body cut short"}
	}
	secret, err := h.verifier.match(body, claimed)
	if err != nil {
		return answer{status: http.StatusUnauthorized, reason: "signature mismatch"}
	}
	n, err := Decode(body)
	if err != nil {
		return h.takeMalformed(r.Context(), body)
	}
	n.SecretIndex = secret
	return h.handleOnce(r.Context(), n)
}

// parseSignatures refuses a request with none or several: which one to trust is not ours to guess.
func parseSignatures(values []string) (mac [sha256.Size]byte, err error) {
	if len(values) != 1 {
		return mac, ErrSignatureFormat
	}
	return parseSignature(values[0])
}

// unread answers without the body, for which the server would otherwise wait first.
func unread(w http.ResponseWriter, status int, reason string) answer {
	w.Header().Set("Connection", "close")
	return answer{status: status, reason: reason}
}
