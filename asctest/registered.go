package asctest

// All that is registered, read and replaced as one.

import "slices"

// Registered is what is registered with App Store Connect. The secrets are in
// there.
type Registered struct {
	Apps               []string
	MarketplaceWebhook *MarketplaceWebhook // nil if there is none
	Webhooks           []Webhook
}

// Registered returns what is registered.
func (h *Handler) Registered() Registered {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.state.registered()
}

func (s *state) registered() Registered {
	r := Registered{Apps: slices.Clone(s.apps), Webhooks: slices.Clone(s.webhooks)}
	if s.marketplaceWebhook != nil {
		w := *s.marketplaceWebhook
		r.MarketplaceWebhook = &w
	}
	return r
}

// Register replaces what is registered by what change makes of it, past the
// API and in one step: no call comes in between. If change fails, nothing is
// replaced and Register returns the error. Empty IDs become new ones. change
// must not call the handler.
func (h *Handler) Register(change func(Registered) (Registered, error)) error {
	if err := h.register(change); err != nil {
		return err
	}
	h.onChange()
	return nil
}

func (h *Handler) register(change func(Registered) (Registered, error)) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	r, err := change(h.state.registered())
	if err != nil {
		return err
	}
	h.state.apps, h.state.webhooks, h.state.marketplaceWebhook = slices.Clone(r.Apps), slices.Clone(r.Webhooks), nil
	if r.MarketplaceWebhook != nil {
		w := *r.MarketplaceWebhook
		h.state.marketplaceWebhook = &w
		if w.ID == "" {
			h.state.marketplaceWebhook.ID = newUUID()
		}
	}
	for i := range h.state.webhooks {
		if h.state.webhooks[i].ID == "" {
			h.state.webhooks[i].ID = newUUID()
		}
	}
	return nil
}

// Reset makes everything as it was after New, the keys aside: webhooks, apps,
// package versions, deliveries, requests, faults and rate limits. IDs of
// requests go on counting.
func (h *Handler) Reset() {
	h.StopFailing()
	h.mu.Lock()
	h.state = h.begun.clone()
	h.mu.Unlock()
	h.record.reset()
	h.rates.reset()
	h.onChange()
}
