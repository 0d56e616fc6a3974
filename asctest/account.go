package asctest

// What is stored, an importer's way to it past the API, and the one validator of each value.

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// State is what a test may read and set: what is registered with App Store Connect, which keys it accepts, and what
// is to go wrong. The secrets are in there.
type State struct {
	Settings           Settings
	Keys               []Key
	Apps               []string            // the IDs of the apps, those of Resources included
	MarketplaceWebhook *MarketplaceWebhook // nil if there is none
	Webhooks           []Webhook           // of all apps, oldest first
	PackageVersions    []PackageVersion
	Resources          []Resource
	Faults             []Fault // that are still to come, with the number of times that is left of each

	// FormerSecrets are those that webhooks had before, by the IDs of the webhooks, the latest last: the latest 20 of
	// each of the 100 webhooks whose secrets changed last. They can't be set.
	FormerSecrets map[string][]string

	lastFault int
	entries   *entries // of what is above
}

// MarketplaceWebhook is the account's marketplace webhook. The secret never appears in a response. An empty ID
// becomes a new one.
type MarketplaceWebhook struct {
	ID, EndpointURL, Secret string
}

// Webhook is a webhook of an app. The secret never appears in a response. An empty ID becomes a new one.
type Webhook struct {
	ID, AppID, Name, URL, Secret string
	EventTypes                   []string // as in the API, such as BUILD_UPLOAD_STATE_UPDATED
	Enabled                      bool
}

// State returns a copy of what there is.
func (h *Handler) State() State {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state.deepClone()
}

// settings are the present ones.
func (h *Handler) settings() Settings {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state.Settings
}

// Key returns the first of the keys that tokens may be signed with.
func (h *Handler) Key() Key { return h.keys()[0] }

func (h *Handler) keys() []Key {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.state.Keys)
}

// MarketplaceWebhook returns the registered marketplace webhook and whether there is one.
func (h *Handler) MarketplaceWebhook() (MarketplaceWebhook, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if w := h.state.MarketplaceWebhook; w != nil {
		return *w, true
	}
	return MarketplaceWebhook{}, false
}

// Update replaces the state by what change makes of it, past the API and in one step: no call comes in between. Empty
// IDs become new ones. The error names a value that is not possible; nothing has changed then, and the test of a
// Server fails. change must not call the handler.
func (h *Handler) Update(change func(*State)) error {
	if err := h.update(change); err != nil {
		h.onViolation(err)
		return err
	}
	h.record.wake()
	return nil
}

func (h *Handler) update(change func(*State)) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	after := h.state.deepClone()
	change(&after)
	after = after.deepClone() // which whoever changed it may keep
	after.complete()
	if err := h.checkState(&after); err != nil {
		return err
	}
	h.replace(after)
	return nil
}

// What is remembered of former secrets, so that a call costs the same after many of them.
const (
	maxFormer   = 20  // of each webhook
	maxFormerOf = 100 // webhooks
)

// replace, under h.mu, sets the state and remembers the secrets that are gone.
func (h *Handler) replace(after State) {
	after.FormerSecrets = h.state.FormerSecrets // never changed in place, so that clones share it
	present := after.secretsByID()
	for id, secret := range h.state.secretsByID() {
		if present[id] != secret {
			h.former = append(slices.DeleteFunc(h.former, func(known string) bool { return known == id }), id)
			gone := h.former[:max(0, len(h.former)-maxFormerOf)]
			h.former = h.former[len(gone):]
			after.FormerSecrets = withFormer(after.FormerSecrets, id, secret, gone)
		}
	}
	h.state = after
}

// withFormer returns a copy with one more secret of a webhook, and without those of the webhooks that are gone.
func withFormer(former map[string][]string, id, secret string, gone []string) map[string][]string {
	former = maps.Clone(former)
	if former == nil {
		former = map[string][]string{}
	}
	for _, id := range gone {
		delete(former, id)
	}
	secrets := former[id]
	former[id] = append(slices.Clone(secrets[max(0, len(secrets)+1-maxFormer):]), secret)
	return former
}

// clone is a copy that a call may change: no call changes a resource.
func (s *State) clone() State {
	after := *s
	after.Keys = slices.Clone(s.Keys)
	after.Apps = slices.Clone(s.Apps)
	if s.MarketplaceWebhook != nil {
		after.MarketplaceWebhook = new(*s.MarketplaceWebhook)
	}
	after.Webhooks = slices.Clone(s.Webhooks)
	for i, w := range after.Webhooks {
		after.Webhooks[i].EventTypes = slices.Clone(w.EventTypes)
	}
	after.PackageVersions = slices.Clone(s.PackageVersions)
	after.Resources = slices.Clone(s.Resources)
	after.Faults = slices.Clone(s.Faults)
	return after
}

// deepClone shares nothing with s, so that a test may change all of it.
func (s *State) deepClone() State {
	after := s.clone()
	for i, r := range after.Resources {
		after.Resources[i] = r.clone()
	}
	after.FormerSecrets = maps.Clone(s.FormerSecrets)
	for id, secrets := range s.FormerSecrets {
		after.FormerSecrets[id] = slices.Clone(secrets)
	}
	return after
}

// complete fills in the IDs and the defaults that are left out.
func (s *State) complete() {
	s.Settings.complete()
	for i, key := range s.Keys {
		if key == (Key{}) {
			s.Keys[i] = newKey()
		}
	}
	if w := s.MarketplaceWebhook; w != nil {
		w.ID = cmp.Or(w.ID, newUUID())
	}
	for i, w := range s.Webhooks {
		s.Webhooks[i].ID = cmp.Or(w.ID, newUUID())
	}
	for i, v := range s.PackageVersions {
		s.PackageVersions[i] = v.withDefaults()
	}
	for _, r := range s.Resources {
		if r.Type == apps && !slices.Contains(s.Apps, r.ID) {
			s.Apps = append(s.Apps, r.ID)
		}
	}
	for i, f := range s.Faults {
		s.Faults[i].Times = cmp.Or(f.Times, 1)
		if f.ID == 0 {
			s.lastFault++
			s.Faults[i].ID = s.lastFault
		}
	}
}

func (s *State) secretsByID() map[string]string {
	secrets := map[string]string{}
	if w := s.MarketplaceWebhook; w != nil {
		secrets[w.ID] = w.Secret
	}
	for _, w := range s.Webhooks {
		secrets[w.ID] = w.Secret
	}
	return secrets
}

func (s *State) webhooksOf(app string) []Webhook {
	return slices.DeleteFunc(slices.Clone(s.Webhooks), func(w Webhook) bool { return w.AppID != app })
}

// webhook returns the index of a webhook, or -1.
func (s *State) webhook(id string) int {
	return slices.IndexFunc(s.Webhooks, func(w Webhook) bool { return strings.EqualFold(w.ID, id) })
}
