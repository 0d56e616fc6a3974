package sandbox

// What there is: apps, webhooks, resources of other types, and how App Store Connect behaves. Each is a part of
// asctest.State.

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
)

// state is what GET /state shows, PUT and PATCH take, and what a file may have. A file has secrets, too.
type state struct {
	Apps               []string            `json:"apps"`
	MarketplaceWebhook *marketplaceWebhook `json:"marketplace_webhook"`
	Webhooks           []webhook           `json:"webhooks"`
	PackageVersions    []packageVersion    `json:"package_versions"`
	Resources          []resource          `json:"resources"`
	Settings           settings            `json:"settings"`
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

// settings are the asctest.Settings that are not code.
type settings struct {
	RateLimit          int    `json:"rate_limit"` // the default if it is 0
	SkewMS             int64  `json:"skew_ms"`
	AppleLinks         bool   `json:"apple_links"`
	ArrayResponses     bool   `json:"array_responses"`
	SecondCreateStatus int    `json:"second_create_status"` // the default if it is 0
	SecondCreateCode   string `json:"second_create_code"`
	LooseListing       bool   `json:"loose_listing"`
	ListLagMS          int64  `json:"list_lag_ms"`
	StrictTokens       bool   `json:"strict_tokens"`
}

func (s settings) set(there *asctest.Settings) {
	there.RateLimit, there.Skew = s.RateLimit, milliseconds(s.SkewMS)
	there.AppleLinks, there.ArrayResponses = s.AppleLinks, s.ArrayResponses
	there.SecondCreateStatus, there.SecondCreateCode = s.SecondCreateStatus, s.SecondCreateCode
	there.LooseListing, there.ListLag, there.StrictTokens = s.LooseListing, milliseconds(s.ListLagMS), s.StrictTokens
}

func milliseconds(n int64) time.Duration {
	const most = int64(100 * 365 * 24 * time.Hour / time.Millisecond) // no more fits a Duration for long
	return time.Duration(max(-most, min(n, most))) * time.Millisecond
}

// stateOf is all of a state, secrets included.
func stateOf(s asctest.State) state {
	all := state{
		Apps: append([]string{}, s.Apps...), Webhooks: []webhook{}, PackageVersions: mapped(s.PackageVersions, packageVersionOf),
		Resources: []resource{},
		Settings: settings{
			RateLimit: s.Settings.RateLimit, SkewMS: s.Settings.Skew.Milliseconds(), AppleLinks: s.Settings.AppleLinks,
			ArrayResponses: s.Settings.ArrayResponses, SecondCreateStatus: s.Settings.SecondCreateStatus,
			SecondCreateCode: s.Settings.SecondCreateCode, LooseListing: s.Settings.LooseListing,
			ListLagMS: s.Settings.ListLag.Milliseconds(), StrictTokens: s.Settings.StrictTokens,
		},
	}
	if s.MarketplaceWebhook != nil {
		all.MarketplaceWebhook = new(marketplaceWebhook(*s.MarketplaceWebhook))
	}
	for _, w := range s.Webhooks {
		all.Webhooks = append(all.Webhooks, webhook{
			ID: w.ID, AppID: w.AppID, Name: w.Name, URL: w.URL, Secret: w.Secret,
			EventTypes: append([]string{}, w.EventTypes...), Enabled: &w.Enabled,
		})
	}
	for _, each := range s.Resources {
		all.Resources = append(all.Resources, resource(each))
	}
	return all
}

func (r redactor) shownState() state {
	shown := stateOf(r.state)
	if shown.MarketplaceWebhook != nil {
		shown.MarketplaceWebhook.Secret = ""
	}
	for i, w := range shown.Webhooks {
		shown.Webhooks[i].Secret, shown.Webhooks[i].Name = "", r.text(w.Name)
	}
	for i, each := range shown.Resources {
		shown.Resources[i].Attributes, _ = r.member("attributes", each.Attributes).(map[string]any)
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
	return s.setState(r, func(state) state { return *wanted })
}

// patchState replaces the members that are given, of settings each by itself, or nothing.
func (s *Sandbox) patchState(r *http.Request) (int, any, error) {
	body, err := readBody(r)
	if err != nil {
		return 0, nil, err
	}
	var given state
	if err := decodeJSON(bytes.NewReader(body), &given); err != nil { // before anything is locked
		return 0, nil, err
	}
	return s.setState(r, func(now state) state {
		now.Apps, now.MarketplaceWebhook = orThere(given.Apps, now.Apps), cmp.Or(given.MarketplaceWebhook, now.MarketplaceWebhook)
		now.Webhooks = orThere(given.Webhooks, now.Webhooks)
		now.PackageVersions = orThere(given.PackageVersions, now.PackageVersions)
		now.Resources = orThere(given.Resources, now.Resources)
		_ = json.Unmarshal(body, &struct {
			Settings *settings `json:"settings"`
		}{&now.Settings})
		return now
	})
}

func orThere[T any](given, there []T) []T {
	if given != nil {
		return given
	}
	return there
}

func (s *Sandbox) setState(r *http.Request, change func(state) state) (int, any, error) {
	var refused error
	err := s.Fake.Update(func(there *asctest.State) {
		wanted := change(stateOf(*there))
		refused = wanted.replace(there)
	})
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
	s.Settings.set(&after.Settings)
	after.PackageVersions = mapped(s.PackageVersions, packageVersion.asctest)
	for _, w := range there.Webhooks {
		secrets[strings.ToLower(w.ID)] = w.Secret
	}
	if w := there.MarketplaceWebhook; w != nil {
		secrets[strings.ToLower(w.ID)] = w.Secret
	}
	const noSecret = "is needed: no registered webhook with this id has one that could stay"
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
	after.Resources = nil
	for i, each := range s.Resources {
		if text, _ := json.Marshal(each.Attributes); bytes.Contains(text, []byte(withheld)) {
			return badField(fmt.Sprintf("resources[%d].attributes", i), "must not have %s, which stands for a secret", withheld)
		}
		after.Resources = append(after.Resources, asctest.Resource(each))
	}
	*there = after
	return nil
}
