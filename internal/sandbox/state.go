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

// marketplaceWebhook is an asctest.MarketplaceWebhook.
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

func (r redactor) shownState() state {
	shown := state{Apps: append([]string{}, r.state.Apps...), Webhooks: []webhook{}}
	if w := r.state.MarketplaceWebhook; w != nil {
		shown.MarketplaceWebhook = &marketplaceWebhook{ID: w.ID, EndpointURL: w.EndpointURL}
	}
	for _, w := range r.state.Webhooks {
		types := append([]string{}, w.EventTypes...)
		shown.Webhooks = append(shown.Webhooks, webhook{
			ID: w.ID, AppID: w.AppID, Name: r.text(w.Name), URL: w.URL, EventTypes: types, Enabled: &w.Enabled,
		})
	}
	return shown
}

func (s *Sandbox) getState(*http.Request) (int, any, error) {
	return http.StatusOK, s.redactor().shownState(), nil
}

// putState replaces all of it, or nothing.
func (s *Sandbox) putState(r *http.Request) (int, any, error) {
	var wanted *state
	if err := decode(r, &wanted); err != nil {
		return 0, nil, err
	}
	if wanted == nil {
		return 0, nil, badField("", "a body is needed: {} removes everything")
	}
	var refused error
	err := s.Fake.Update(func(state *asctest.State) { refused = wanted.replace(state) })
	if err := cmp.Or(refused, err); err != nil {
		return 0, nil, err
	}
	return s.getState(r)
}

// replace sets what is registered, or nothing; a webhook that is named by its id without a secret keeps the one that
// it has.
func (s *state) replace(there *asctest.State) error {
	after, secrets := *there, map[string]string{}
	after.Apps, after.MarketplaceWebhook, after.Webhooks = s.Apps, nil, nil
	for _, w := range there.Webhooks {
		secrets[strings.ToLower(w.ID)] = w.Secret
	}
	if w := there.MarketplaceWebhook; w != nil {
		secrets[strings.ToLower(w.ID)] = w.Secret
	}
	const noSecret = "is needed: no webhook with this id is registered, whose secret could stay"
	if w := s.MarketplaceWebhook; w != nil {
		if w.Secret = cmp.Or(w.Secret, secrets[strings.ToLower(w.ID)]); w.Secret == "" {
			return badField("marketplace_webhook.secret", noSecret)
		}
		after.MarketplaceWebhook = new(asctest.MarketplaceWebhook(*w))
	}
	for i, w := range s.Webhooks {
		at := fmt.Sprintf("webhooks[%d].", i)
		if w.Secret = cmp.Or(w.Secret, secrets[strings.ToLower(w.ID)]); w.Secret == "" {
			return badField(at+"secret", noSecret)
		}
		if strings.Contains(w.Name, withheld) {
			return badField(at+"name", "must not have %s, which stands for a secret", withheld)
		}
		after.Webhooks = append(after.Webhooks, asctest.Webhook{
			ID: w.ID, AppID: w.AppID, Name: w.Name, URL: w.URL, Secret: w.Secret,
			EventTypes: w.EventTypes, Enabled: w.Enabled == nil || *w.Enabled,
		})
	}
	*there = after
	return nil
}
