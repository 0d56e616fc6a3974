package sandbox

// What is registered: apps and webhooks.

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/ascmarketplace/webhooks/asctest"
)

type state struct {
	Apps               []string            `json:"apps"`
	MarketplaceWebhook *marketplaceWebhook `json:"marketplace_webhook"`
	Webhooks           []webhook           `json:"webhooks"`
}

type marketplaceWebhook struct {
	ID          string `json:"id"`
	EndpointURL string `json:"endpoint_url"`
	Secret      string `json:"secret,omitempty"` // taken, but never shown
}

type webhook struct {
	ID         string   `json:"id"`
	AppID      string   `json:"app_id"`
	Name       string   `json:"name"`
	URL        string   `json:"url"`
	Secret     string   `json:"secret,omitempty"` // taken, but never shown
	EventTypes []string `json:"event_types"`
	Enabled    *bool    `json:"enabled"` // true unless given
}

func (s *Sandbox) state() state {
	r := s.Fake.Registered()
	shown := state{Apps: append([]string{}, r.Apps...), Webhooks: []webhook{}}
	if w := r.MarketplaceWebhook; w != nil {
		shown.MarketplaceWebhook = &marketplaceWebhook{ID: w.ID, EndpointURL: s.withhold(w.EndpointURL)}
	}
	for _, w := range r.Webhooks {
		shown.Webhooks = append(shown.Webhooks, webhook{
			ID: w.ID, AppID: w.AppID, Name: s.withhold(w.Name), URL: s.withhold(w.URL),
			EventTypes: append([]string{}, w.EventTypes...), Enabled: &w.Enabled,
		})
	}
	return shown
}

func (s *Sandbox) getState(*http.Request) (int, any, error) { return http.StatusOK, s.state(), nil }

// putState replaces all of it, or nothing.
func (s *Sandbox) putState(r *http.Request) (int, any, error) {
	var wanted state
	if err := decode(r, &wanted); err != nil {
		return 0, nil, err
	}
	if err := wanted.check(); err != nil {
		return 0, nil, err
	}
	if err := s.Fake.Register(wanted.registered); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, s.state(), nil
}

// identifier is what an ID in a path may look like.
var identifier = regexp.MustCompile(`^[A-Za-z0-9._~-]{1,64}$`)

const maxWebhooks = 10 // per app, documented by Apple

// check checks what does not depend on what is registered.
func (s *state) check() error {
	for i, app := range s.Apps {
		if !identifier.MatchString(app) || slices.Contains(s.Apps[:i], app) {
			return badField(fmt.Sprintf("apps[%d]", i), "must be an id of letters, digits and -._~, and not there twice")
		}
	}
	if w := s.MarketplaceWebhook; w != nil {
		if w.ID != "" && !identifier.MatchString(w.ID) {
			return badField("marketplace_webhook.id", "must be of letters, digits and -._~")
		}
		if !isURL(w.EndpointURL) {
			return badField("marketplace_webhook.endpoint_url", "must be an absolute http or https URL")
		}
	}
	for i := range s.Webhooks {
		if err := s.checkWebhook(i); err != nil {
			return err
		}
	}
	return nil
}

func (s *state) checkWebhook(i int) error {
	w, at := s.Webhooks[i], fmt.Sprintf("webhooks[%d].", i)
	there := 0
	for _, earlier := range s.Webhooks[:i] {
		if w.ID != "" && strings.EqualFold(earlier.ID, w.ID) {
			return badField(at+"id", "is there twice")
		}
		if earlier.AppID == w.AppID {
			there++
		}
	}
	switch {
	case w.ID != "" && !identifier.MatchString(w.ID):
		return badField(at+"id", "must be of letters, digits and -._~")
	case !slices.Contains(s.Apps, w.AppID):
		return badField(at+"app_id", "must be one of apps")
	case there >= maxWebhooks:
		return badField(at+"app_id", "has %d webhooks already, the most there may be", maxWebhooks)
	case !isURL(w.URL):
		return badField(at+"url", "must be an absolute http or https URL")
	}
	for _, eventType := range w.EventTypes {
		if !slices.Contains(subscriptions(), eventType) {
			return badField(at+"event_types", "each must be one of %s", strings.Join(subscriptions(), ", "))
		}
	}
	return nil
}

func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

// registered is s as asctest has it; a webhook that is named by its id without
// a secret keeps the one that it has.
func (s *state) registered(before asctest.Registered) (asctest.Registered, error) {
	after := asctest.Registered{Apps: s.Apps}
	if w := s.MarketplaceWebhook; w != nil {
		after.MarketplaceWebhook = &asctest.MarketplaceWebhook{ID: w.ID, EndpointURL: w.EndpointURL, Secret: w.Secret}
		if kept := before.MarketplaceWebhook; w.Secret == "" && kept != nil && w.ID == kept.ID {
			after.MarketplaceWebhook.Secret = kept.Secret
		}
		if after.MarketplaceWebhook.Secret == "" {
			return after, noSecret("marketplace_webhook.")
		}
	}
	for i, w := range s.Webhooks {
		secret := w.Secret
		for _, kept := range before.Webhooks {
			if secret == "" && strings.EqualFold(kept.ID, w.ID) {
				secret = kept.Secret
			}
		}
		if secret == "" {
			return after, noSecret(fmt.Sprintf("webhooks[%d].", i))
		}
		after.Webhooks = append(after.Webhooks, asctest.Webhook{
			ID: w.ID, AppID: w.AppID, Name: w.Name, URL: w.URL, Secret: secret,
			EventTypes: w.EventTypes, Enabled: w.Enabled == nil || *w.Enabled,
		})
	}
	return after, nil
}

func noSecret(at string) error {
	return badField(at+"secret", "is needed: no webhook with this id is registered, whose secret could stay")
}
