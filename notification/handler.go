package notification

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// A Handler receives notifications over HTTP. It verifies and decodes each
// one, and passes it to a function, each notification once. It responds:
//
//	200  the function returned nil, now or for an earlier copy, or the hook accepted a malformed body
//	400  the body could not be read to its end
//	401  the signature is missing, badly formed, or made with none of the secrets
//	405  not a POST
//	413  the body is over the limit
//	415  the body has a Content-Encoding other than identity; nothing is decompressed
//	500  the function failed or panicked, or a malformed body was not accepted
//	503  the function was too late, the Deduplicator failed, or waiting for another copy took too long
//
// A missing or badly formed signature is refused before the body is read. The
// Content-Type does not matter: the signature is what counts. That 2xx
// acknowledges a notification is assumed; Apple documents no statuses.
//
// Create one with NewHandler: the zero Handler refuses everything.
type Handler struct {
	verifier     *Verifier
	handle       func(context.Context, *Notification) error
	maxBodySize  int64
	timeout      time.Duration
	gate         gate
	deduplicator Deduplicator
	malformed    func(context.Context, []byte) error
	observer     func(context.Context, Outcome)
	logger       *slog.Logger
}

// NewHandler returns a Handler that passes each notification to handle. The
// function is called for types that this package does not know too, with a
// nil Event, and concurrently for different notifications. Its context keeps
// the request's values but not its cancellation, so a sender that hangs up
// does not interrupt it. A nil verifier, function or option is an error, and
// so is an option that is out of range.
func NewHandler(v *Verifier, handle func(context.Context, *Notification) error, opts ...Option) (*Handler, error) {
	if v == nil || handle == nil {
		return nil, errors.New("notification: a handler needs a verifier and a function")
	}
	h := &Handler{
		verifier:     v,
		handle:       handle,
		maxBodySize:  defaultMaxBodySize,
		timeout:      defaultTimeout,
		deduplicator: newMemory(),
		logger:       slog.Default(),
	}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("notification: an Option is nil: leave it out")
		}
		if err := opt(h); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// ServeHTTP receives one notification.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o := newOutcome()
	defer h.report(r.Context(), o, time.Now())
	h.receive(w, r, o)
	if o.Status == http.StatusOK {
		w.WriteHeader(o.Status) // adapters to other servers miss the implicit one
		return
	}
	http.Error(w, http.StatusText(o.Status), o.Status)
}

// Handle passes on a notification that came another way than by HTTP, such as
// the payload of a delivery that was listed after the receiver had been down:
// through the same deduplication to the same function. It verifies nothing, so
// raw must come from App Store Connect's API or from a store of your own, and
// the [Notification].SecretIndex is -1.
//
// It returns nil if the notification is handled now, or has been before. A
// malformed one is an error that matches [ErrMalformed]; the [WithMalformed]
// hook is not called. Otherwise the error is that of the function or of the
// Deduplicator, and the notification may be given again. It matches
// [context.DeadlineExceeded] if a step took longer than [WithTimeout] allows.
// The end of ctx stops the waiting, for another copy or for the Deduplicator,
// and the error then matches ctx.Err() and its cause; a function that has been
// called is not interrupted.
func (h *Handler) Handle(ctx context.Context, raw []byte) error {
	if h.handle == nil {
		return errors.New("notification: the zero Handler handles nothing: use NewHandler")
	}
	o := newOutcome()
	defer h.report(ctx, o, time.Now())
	n, err := Decode(raw)
	if err != nil {
		o.settle(OutcomeMalformed, 0, "malformed, not accepted", err)
		return err
	}
	n.SecretIndex = -1
	o.Notification = n
	h.process(ctx, n, o)
	o.Status = 0
	if o.Kind == OutcomeDuplicate {
		return nil
	}
	return o.Err
}

// receive does the work in an order in which each step can trust the ones before it.
func (h *Handler) receive(w http.ResponseWriter, r *http.Request, o *Outcome) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		rejectUnread(w, r, o, http.StatusMethodNotAllowed, "method", nil)
		return
	}
	claimed, err := parseSignatures(r.Header.Values(SignatureHeader))
	if err != nil {
		rejectUnread(w, r, o, http.StatusUnauthorized, "signature header", err)
		return
	}
	if isEncoded(r.Header) {
		rejectUnread(w, r, o, http.StatusUnsupportedMediaType, "content encoding", nil)
		return
	}
	if r.ContentLength > h.maxBodySize {
		rejectUnread(w, r, o, http.StatusRequestEntityTooLarge, "body size", nil)
		return
	}
	body, err := readBody(w, r, h.maxBodySize)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		o.settle(OutcomeRefused, http.StatusRequestEntityTooLarge, "body size", err)
		return
	}
	if err != nil {
		o.settle(OutcomeRefused, http.StatusBadRequest, "body cut short", err)
		return
	}
	secret, err := h.verifier.match(body, claimed)
	if err != nil {
		o.settle(OutcomeRefused, http.StatusUnauthorized, "signature mismatch", err)
		return
	}
	n, err := Decode(body)
	if err != nil {
		h.takeMalformed(r.Context(), body, err, o)
		return
	}
	n.SecretIndex = secret
	o.Notification = n
	h.process(r.Context(), n, o)
}

// parseSignatures refuses none and several: which one to trust is not ours to guess.
func parseSignatures(values []string) (mac [sha256.Size]byte, err error) {
	if len(values) != 1 {
		return mac, ErrSignatureFormat
	}
	return parseSignature(values[0])
}

// isEncoded reports whether the body is in any encoding but identity.
func isEncoded(h http.Header) bool {
	for _, value := range h.Values("Content-Encoding") {
		for encoding := range strings.SplitSeq(value, ",") {
			encoding = strings.TrimSpace(encoding)
			if encoding != "" && !strings.EqualFold(encoding, "identity") {
				return true
			}
		}
	}
	return false
}

func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.Body == nil { // only without a server in between, as in tests
		return nil, nil
	}
	return io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
}

// rejectUnread refuses a request without reading its body, for which an
// HTTP/1 server would otherwise wait before it responds. On HTTP/2 closing
// would end the connection for every request that shares it.
func rejectUnread(w http.ResponseWriter, r *http.Request, o *Outcome, status int, reason string, err error) {
	if r.ProtoMajor == 1 {
		w.Header().Set("Connection", "close")
	}
	o.settle(OutcomeRefused, status, reason, err)
}
