package asctest

// The operations of marketplaceWebhooks.

import (
	"net/http"
)

const marketplaceWebhooks = "marketplaceWebhooks"

func (h *Handler) listMarketplaceWebhooks(c *call, s *state) response {
	found := []resource{}
	if s.marketplaceWebhook != nil {
		found = append(found, c.marketplaceWebhook(s.marketplaceWebhook))
	}
	return c.page(found, nil)
}

func (h *Handler) createMarketplaceWebhook(c *call, s *state) response {
	if s.marketplaceWebhook != nil {
		return refuse(newError(h.secondCreate.status, h.secondCreate.code, "The account has a marketplace webhook already."))
	}
	s.marketplaceWebhook = &MarketplaceWebhook{ID: newUUID()}
	return h.setMarketplaceWebhook(c, s, http.StatusCreated)
}

func (h *Handler) updateMarketplaceWebhook(c *call, s *state) response {
	switch {
	case s.marketplaceWebhook == nil || s.marketplaceWebhook.ID != c.id:
		return notFound(marketplaceWebhooks)
	case c.sent.Data.ID != c.id:
		return otherID()
	}
	return h.setMarketplaceWebhook(c, s, http.StatusOK)
}

func otherID() response {
	return conflict("", "/data/id", "The id in the body is not the one in the path.")
}

func (h *Handler) setMarketplaceWebhook(c *call, s *state, status int) response {
	w := *s.marketplaceWebhook
	if endpointURL, ok := c.sent.text("endpointUrl"); ok {
		w.EndpointURL = endpointURL
	}
	if secret, ok := c.sent.text("secret"); ok {
		w.Secret = secret
	}
	s.marketplaceWebhook = &w
	shown := c.marketplaceWebhook(&w)
	r := c.one(status, shown)
	if h.arrayAnswers {
		location := r.header["Location"]
		r = c.page([]resource{shown}, nil)
		r.status = status
		if location != nil {
			r.header["Location"] = location
		}
	}
	return r
}

func (h *Handler) deleteMarketplaceWebhook(c *call, s *state) response {
	if s.marketplaceWebhook == nil || s.marketplaceWebhook.ID != c.id {
		return notFound(marketplaceWebhooks)
	}
	s.marketplaceWebhook = nil
	return response{status: http.StatusNoContent, header: http.Header{}}
}

func (c *call) marketplaceWebhook(w *MarketplaceWebhook) resource {
	return c.resource(marketplaceWebhooks, w.ID, object{"endpointUrl": w.EndpointURL})
}
