package asctest

// What the fake knows, and its importers' way to it past the API.

import (
	"slices"
	"strings"
)

// state is one account's webhooks, apps and package versions. Operations work
// on a copy.
type state struct {
	marketplaceWebhook *MarketplaceWebhook
	apps               []string
	webhooks           []Webhook
	deliveries         []Delivery
	deliveryBytes      int
	versions           []PackageVersion
}

func (s *state) clone() state {
	after := *s
	after.apps = slices.Clone(s.apps)
	after.webhooks = slices.Clone(s.webhooks)
	after.deliveries = slices.Clone(s.deliveries)
	after.versions = slices.Clone(s.versions)
	return after
}

func (s *state) secrets() []string {
	var secrets []string
	if s.marketplaceWebhook != nil {
		secrets = append(secrets, s.marketplaceWebhook.Secret)
	}
	for _, w := range s.webhooks {
		secrets = append(secrets, w.Secret)
	}
	return secrets
}

// webhook returns the index of a webhook, or -1.
func (s *state) webhook(id string) int {
	return slices.IndexFunc(s.webhooks, func(w Webhook) bool { return strings.EqualFold(w.ID, id) })
}

// delivery returns the index of a delivery, or -1.
func (s *state) delivery(id string) int {
	return slices.IndexFunc(s.deliveries, func(d Delivery) bool { return strings.EqualFold(d.ID, id) })
}

// record adds a delivery, and forgets the oldest beyond the bounds that requests have.
func (s *state) record(d Delivery) {
	s.deliveries = append(s.deliveries, d)
	s.deliveryBytes += d.size()
	for len(s.deliveries) > maxRecorded || s.deliveryBytes > maxRecordedBytes && len(s.deliveries) > 1 {
		s.deliveryBytes -= s.deliveries[0].size()
		s.deliveries[0] = Delivery{} // for the garbage collector
		s.deliveries = s.deliveries[1:]
	}
}

// MarketplaceWebhook is the account's marketplace webhook. The secret never appears in a response.
type MarketplaceWebhook struct {
	ID, EndpointURL, Secret string
}

// MarketplaceWebhook returns the registered marketplace webhook and whether there is one.
func (h *Handler) MarketplaceWebhook() (MarketplaceWebhook, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.state.marketplaceWebhook == nil {
		return MarketplaceWebhook{}, false
	}
	return *h.state.marketplaceWebhook, true
}

// SetMarketplaceWebhook registers w as the marketplace webhook, past the API. An empty ID
// becomes a new one.
func (h *Handler) SetMarketplaceWebhook(w MarketplaceWebhook) {
	if w.ID == "" {
		w.ID = newUUID()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state.marketplaceWebhook = &w
}

// RemoveMarketplaceWebhook removes the marketplace webhook, past the API.
func (h *Handler) RemoveMarketplaceWebhook() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state.marketplaceWebhook = nil
}

// Webhook is a webhook of an app. The secret never appears in a response.
type Webhook struct {
	ID, AppID, Name, URL, Secret string
	EventTypes                   []string // as in the API, such as BUILD_UPLOAD_STATE_UPDATED
	Enabled                      bool
}

// Webhooks returns the webhooks of all apps, oldest first.
func (h *Handler) Webhooks() []Webhook {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.state.webhooks)
}

// SetWebhook registers w or replaces the webhook with its ID, past the API.
// An empty ID becomes a new one. An app that is new is added. It returns the ID.
func (h *Handler) SetWebhook(w Webhook) string {
	if w.ID == "" {
		w.ID = newUUID()
	}
	w.EventTypes = slices.Clone(w.EventTypes)
	h.AddApp(w.AppID)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state.webhooks = slices.Clone(h.state.webhooks)
	if i := h.state.webhook(w.ID); i >= 0 {
		h.state.webhooks[i] = w
	} else {
		h.state.webhooks = append(h.state.webhooks, w)
	}
	return w.ID
}

// RemoveWebhook removes the webhook with the id, past the API.
func (h *Handler) RemoveWebhook(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if i := h.state.webhook(id); i >= 0 {
		h.state.webhooks = slices.Delete(slices.Clone(h.state.webhooks), i, i+1)
	}
}

// AddApp adds an app, which may then have webhooks.
func (h *Handler) AddApp(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.Contains(h.state.apps, id) {
		h.state.apps = append(slices.Clone(h.state.apps), id)
	}
}

// Apps returns the ids of the apps, in the order in which they were added.
func (h *Handler) Apps() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.state.apps)
}
