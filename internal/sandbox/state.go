package sandbox

// What is registered: apps and webhooks.

import (
	"cmp"
	"fmt"
	"net/http"
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
	r := s.Fake.State()
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
	var refused error
	err := s.Fake.Update(func(state *asctest.State) { refused = wanted.replace(state) })
	if err := cmp.Or(refused, err); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, s.state(), nil
}

// replace sets what is registered, or nothing; a webhook that is named by its id without a secret keeps the one that
// it has.
func (s *state) replace(there *asctest.State) error {
	after := *there
	after.Apps, after.MarketplaceWebhook, after.Webhooks = s.Apps, nil, nil
	if w := s.MarketplaceWebhook; w != nil {
		secret := w.Secret
		if kept := there.MarketplaceWebhook; secret == "" && kept != nil && w.ID == kept.ID {
			secret = kept.Secret
		}
		if secret == "" {
			return noSecret("marketplace_webhook.")
		}
		after.MarketplaceWebhook = &asctest.MarketplaceWebhook{ID: w.ID, EndpointURL: w.EndpointURL, Secret: secret}
	}
	for i, w := range s.Webhooks {
		secret := w.Secret
		for _, kept := range there.Webhooks {
			if secret == "" && strings.EqualFold(kept.ID, w.ID) {
				secret = kept.Secret
			}
		}
		if secret == "" {
			return noSecret(fmt.Sprintf("webhooks[%d].", i))
		}
		after.Webhooks = append(after.Webhooks, asctest.Webhook{
			ID: w.ID, AppID: w.AppID, Name: w.Name, URL: w.URL, Secret: secret,
			EventTypes: w.EventTypes, Enabled: w.Enabled == nil || *w.Enabled,
		})
	}
	*there = after
	return nil
}

func noSecret(at string) error {
	return badField(at+"secret", "is needed: no webhook with this id is registered, whose secret could stay")
}
