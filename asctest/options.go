package asctest

// What New, NewServer and NewPipeServer are given.

import (
	"cmp"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/ascmarketplace/webhooks/internal/contract"
)

// Option is something that the fake starts with: Settings, or a Key, an app, a MarketplaceWebhook, a Webhook, a
// PackageVersion, any other Resource or a whole State that is there from the beginning.
type Option interface {
	applyTo(h *Handler) error
}

// Settings are how the fake behaves. The zero value of each is the default. Update changes them, too.
type Settings struct {
	RateLimit int           // calls that each key has in a rolling hour; 3500 unless given
	Skew      time.Duration // how far the server's clock is ahead of this machine's, by at most ten years

	// AppleLinks makes the links to other pages name a host of Apple's, whatever host was called, as the live service
	// does. A client must not send its token there. The default names the host that was called.
	AppleLinks bool

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
	from, to := reflect.ValueOf(s), reflect.ValueOf(&h.state.Settings).Elem()
	for i := range from.NumField() {
		if given := from.Field(i); !given.IsZero() {
			to.Field(i).Set(given)
		}
	}
	return nil
}

func (s *Settings) complete() {
	s.RateLimit = cmp.Or(s.RateLimit, 3500)
	if s.SecondCreateStatus == 0 && s.SecondCreateCode == "" {
		s.SecondCreateStatus, s.SecondCreateCode = http.StatusConflict, "ENTITY_ERROR"
	}
	s.Logger = cmp.Or(s.Logger, slog.Default())
}

const maxSkew = 10 * 365 * 24 * time.Hour

func (s *Settings) check() error {
	switch {
	case s.RateLimit < 0:
		return invalid("settings.rate_limit", "must not be negative; 0 is the default")
	case s.Skew.Abs() > maxSkew:
		return invalid("settings.skew_ms", "must be at most ten years ahead or behind")
	case s.SecondCreateStatus < 400 || s.SecondCreateStatus > 599:
		return invalid("settings.second_create_status", "must be from 400 to 599, and have a second_create_code")
	case s.SecondCreateCode == "":
		return invalid("settings.second_create_code", "must go with second_create_status")
	case s.ListLag < 0:
		return invalid("settings.list_lag_ms", "must not be negative")
	}
	return nil
}

// A State is what there is from the beginning; FormerSecrets aside. The options after it add to it.
func (s State) applyTo(h *Handler) error {
	keys := append(slices.Clone(h.state.Keys), s.Keys...)
	settings := h.state.Settings
	h.state = s.deepClone()
	h.state.Keys, h.state.FormerSecrets, h.state.Settings = keys, nil, settings
	return s.Settings.applyTo(h)
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
