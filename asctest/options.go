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

// WithMarketplaceWebhook starts with a registered webhook. An empty ID becomes a fresh one.
func WithMarketplaceWebhook(w MarketplaceWebhook) Option {
	return func(h *Handler) error { h.SetMarketplaceWebhook(w); return nil }
}

// WithArrayResponses makes create and update of marketplaceWebhooks respond with data as an array of
// one and meta.paging, as Apple's documentation shows it; Apple's OpenAPI
// document says one object, which is the default.
func WithArrayResponses() Option {
	return func(h *Handler) error { h.arrayAnswers = true; return nil }
}

// WithSecondCreate sets what a create of a marketplace webhook responds with
// when there is one already. The default, 409 ENTITY_ERROR, is assumed: Apple documents
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

// WithFaults asks f before each response; nil means none. Faults of FailNext
// come first; Operation and Times do not count here. f is called from many
// goroutines at once.
func WithFaults(f func(Exchange) *Fault) Option {
	return func(h *Handler) error { h.faults.source = f; return nil }
}

// WithApp adds an app, which may then have webhooks.
func WithApp(id string) Option {
	return func(h *Handler) error {
		if id == "" {
			return errors.New("asctest: WithApp needs an id")
		}
		h.AddApp(id)
		return nil
	}
}

// WithWebhook starts with a registered webhook of an app. An empty ID
// becomes a new one.
func WithWebhook(w Webhook) Option {
	return func(h *Handler) error { h.SetWebhook(w); return nil }
}

// WithPackageVersion starts with a package version.
func WithPackageVersion(v PackageVersion) Option {
	return func(h *Handler) error { h.AddPackageVersion(v); return nil }
}

// WithLiveListing lists deliveries by the rules that were seen on the live
// service in January 2026, which are narrower than the OpenAPI document: a
// creation date within the last ten days is needed, and a filter for states is
// refused.
func WithLiveListing() Option {
	return func(h *Handler) error { h.liveListing = true; return nil }
}

// WithDeliveryTransport posts notifications, pings and redeliveries through t,
// for receivers that are reached another way, such as over pipes.
func WithDeliveryTransport(t http.RoundTripper) Option {
	return func(h *Handler) error {
		if t == nil {
			return errors.New("asctest: WithDeliveryTransport needs a transport")
		}
		h.poster.transport = t
		return nil
	}
}

// WithStrictTokens takes only tokens as Apple documents them: aud a string, iat
// and exp whole seconds. The default is what the service takes from clients
// that are in wide use: aud may be an array of the one string, iat may be
// missing, and both times may have a fraction.
func WithStrictTokens() Option {
	return func(h *Handler) error { h.strictTokens = true; return nil }
}

// WithOnChange calls f after each request and each delivery, so that whoever
// shows Requests and Deliveries need not poll. f is called from many goroutines
// at once and should return quickly.
func WithOnChange(f func()) Option {
	return func(h *Handler) error {
		if f == nil {
			return errors.New("asctest: WithOnChange needs a function")
		}
		h.onChange = f
		return nil
	}
}
