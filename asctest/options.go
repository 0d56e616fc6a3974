package asctest

// What New, NewServer and NewPipeServer are given.

import (
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/ascmarketplace/webhooks/internal/contract"
)

// Option is something that the fake starts with: Settings, or a Key, an app, a MarketplaceWebhook, a Webhook, a PackageVersion
// or any other Resource that is there from the beginning.
type Option interface {
	applyTo(h *Handler) error
}

// Settings are how the fake behaves. The zero value of each is the default.
type Settings struct {
	RateLimit int           // calls that each key has in a rolling hour; 3500 unless given
	Skew      time.Duration // how far the server's clock is ahead of this machine's

	// ArrayResponses makes create and update of marketplaceWebhooks respond with data as an array of one and
	// meta.paging, as Apple's documentation shows it; Apple's OpenAPI document says one object.
	ArrayResponses bool

	// SecondCreateStatus and SecondCreateCode are what a create of a marketplace webhook gets when there is one
	// already. The default, 409 ENTITY_ERROR, is assumed: Apple documents nothing. The document must list the status
	// for a create.
	SecondCreateStatus int
	SecondCreateCode   string

	// LooseListing lists deliveries by all filters that the OpenAPI document has. The default is what was seen on the
	// live service in January 2026: a creation date within the last ten days is needed, and any other filter refused.
	LooseListing bool

	// ListLag is how long after its creation a delivery appears in the list; that there is such a time is assumed.
	ListLag time.Duration

	// StrictTokens takes only tokens as Apple documents them: aud a string, iat and exp whole seconds. The default is
	// what the service takes from clients that are in wide use: aud may be an array of the one string, iat may be
	// missing, and both times may have a fraction.
	StrictTokens bool

	// Faults is asked before each response to an authenticated call; nil means no fault. Those of FailNext come
	// first; Operation and Times do not count here. It is called from many goroutines at once.
	Faults func(Exchange) *Fault

	// Logger logs each call at level debug and each broken contract at level error, without headers and bodies; it is
	// slog.Default unless given.
	Logger *slog.Logger

	// DeliveryTransport posts to receivers that are reached another way, such as over pipes.
	DeliveryTransport http.RoundTripper
}

// Of several Settings, the later ones add to the earlier.
func (s Settings) applyTo(h *Handler) error {
	switch {
	case s.RateLimit < 0:
		return errors.New("asctest: Settings.RateLimit must not be negative")
	case (s.SecondCreateStatus == 0) != (s.SecondCreateCode == ""),
		s.SecondCreateStatus != 0 && (s.SecondCreateStatus < 400 || s.SecondCreateStatus > 599):
		return errors.New("asctest: Settings.SecondCreateStatus must be from 400 to 599 and have a SecondCreateCode")
	}
	from, to := reflect.ValueOf(s), reflect.ValueOf(&h.settings).Elem()
	for i := range from.NumField() {
		if given := from.Field(i); !given.IsZero() {
			to.Field(i).Set(given)
		}
	}
	return nil
}

func defaults() Settings {
	return Settings{
		RateLimit: 3500, SecondCreateStatus: http.StatusConflict, SecondCreateCode: "ENTITY_ERROR", Logger: slog.Default(),
	}
}

// WithApp starts with an app, which may then have webhooks.
func WithApp(id string) Option { return app(id) }

type app string

func (a app) applyTo(h *Handler) error {
	if !slices.Contains(h.state.Apps, string(a)) {
		h.state.Apps = append(h.state.Apps, string(a))
	}
	return nil
}

// New accepts the keys that it is given, in place of one fresh team key. Give several for a rotation.
func (k Key) applyTo(h *Handler) error {
	h.state.Keys = append(h.state.Keys, k)
	return nil
}

func (w MarketplaceWebhook) applyTo(h *Handler) error {
	if h.state.MarketplaceWebhook != nil {
		return &contract.FieldError{Field: "marketplace_webhook", Message: "is given twice: an account has one"}
	}
	h.state.MarketplaceWebhook = &w
	return nil
}

// The app of a webhook is there too.
func (w Webhook) applyTo(h *Handler) error {
	h.state.Webhooks = append(h.state.Webhooks, w)
	return app(w.AppID).applyTo(h)
}

func (v PackageVersion) applyTo(h *Handler) error {
	h.state.PackageVersions = append(h.state.PackageVersions, v)
	return nil
}
