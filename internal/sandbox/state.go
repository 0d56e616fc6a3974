package sandbox

// What there is: apps, webhooks, and resources of other types.

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/ascmarketplace/webhooks/asctest"
)

type state struct {
	Apps               []string            `json:"apps"`
	MarketplaceWebhook *marketplaceWebhook `json:"marketplace_webhook"`
	Webhooks           []webhook           `json:"webhooks"`
	Resources          []resource          `json:"resources"` // as they are unless given
}

// resource is an asctest.Resource.
type resource struct {
	Type          string              `json:"type"`
	ID            string              `json:"id"`
	Attributes    map[string]any      `json:"attributes"`
	Relationships map[string][]string `json:"relationships"`
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
	shown := state{Apps: append([]string{}, r.state.Apps...), Webhooks: []webhook{}, Resources: []resource{}}
	if w := r.state.MarketplaceWebhook; w != nil {
		shown.MarketplaceWebhook = &marketplaceWebhook{ID: w.ID, EndpointURL: w.EndpointURL}
	}
	for _, w := range r.state.Webhooks {
		types := append([]string{}, w.EventTypes...)
		shown.Webhooks = append(shown.Webhooks, webhook{
			ID: w.ID, AppID: w.AppID, Name: r.text(w.Name), URL: w.URL, EventTypes: types, Enabled: &w.Enabled,
		})
	}
	for _, each := range r.state.Resources {
		each.Attributes, _ = r.member("attributes", each.Attributes).(map[string]any)
		shown.Resources = append(shown.Resources, resource(each))
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
		return 0, nil, badField("", "a body is needed: {} removes every webhook")
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
	if s.Resources != nil {
		after.Resources = nil
	}
	for i, each := range s.Resources {
		if text, _ := json.Marshal(each.Attributes); bytes.Contains(text, []byte(withheld)) {
			return badField(fmt.Sprintf("resources[%d].attributes", i), "must not have %s, which stands for a secret", withheld)
		}
		after.Resources = append(after.Resources, asctest.Resource(each))
	}
	*there = after
	return nil
}
