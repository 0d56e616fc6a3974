package asctest

// Options for New, NewServer and NewPipeServer.

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// Option changes how the fake behaves.
type Option func(*Handler) error

// WithKeys sets the keys that tokens may be signed with, instead of one fresh
// team key. Give several for a rotation. The first is what Key returns.
func WithKeys(keys ...Key) Option {
	return func(h *Handler) error { return h.SetKeys(keys...) }
}

// WithWebhook starts with a registered webhook. An empty ID becomes a fresh one.
func WithWebhook(w Webhook) Option {
	return func(h *Handler) error { h.SetWebhook(w); return nil }
}

// WithArrayAnswers makes create and update answer with data as an array of
// one and meta.paging, as Apple's documentation shows it; Apple's OpenAPI
// document says one object, which is the default.
func WithArrayAnswers() Option {
	return func(h *Handler) error { h.arrayAnswers = true; return nil }
}

// WithSecondCreate sets what a create answers when there is a webhook
// already. The default, 409 ENTITY_ERROR, is assumed: Apple documents
// nothing. The document must list the status for a create.
func WithSecondCreate(status int, code string) Option {
	return func(h *Handler) error {
		if status < http.StatusBadRequest || code == "" {
			return errors.New("asctest: WithSecondCreate needs a status from 400 and a code")
		}
		h.secondCreate.status, h.secondCreate.code = status, code
		return nil
	}
}

// WithRateLimit sets how many calls each key has in a rolling hour; the default is 3500.
func WithRateLimit(perHour int) Option {
	return func(h *Handler) error {
		if perHour < 0 {
			return fmt.Errorf("asctest: WithRateLimit: %d is negative", perHour)
		}
		h.rates.limit = perHour
		return nil
	}
}

// WithSkew sets the server's clock ahead of this machine's, or behind it if d is negative.
func WithSkew(d time.Duration) Option {
	return func(h *Handler) error { h.skew = d; return nil }
}

// WithLogger logs each call at level debug and each broken contract at level
// error, instead of to slog.Default. Headers and bodies are not logged.
func WithLogger(l *slog.Logger) Option {
	return func(h *Handler) error {
		if l == nil {
			return errors.New("asctest: WithLogger needs a logger")
		}
		h.logger = l
		return nil
	}
}

// WithFaults asks f before each answer; nil means none. Faults of FailNext
// come first; Operation and Times do not count here. f is called from many
// goroutines at once.
func WithFaults(f func(Request) *Fault) Option {
	return func(h *Handler) error { h.faults.source = f; return nil }
}
