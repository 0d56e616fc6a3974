package asctest

// The operations of marketplaceWebhooks.

import (
	"net/http"
	"strings"
)

const marketplaceWebhooks = "marketplaceWebhooks"

func listMarketplaceWebhooks(s *State, c *call) response {
	var found []*MarketplaceWebhook
	if s.MarketplaceWebhook != nil {
		found = append(found, s.MarketplaceWebhook)
	}
	return page(c, allOf(found), c.marketplaceWebhook, nil)
}

func createMarketplaceWebhook(s *State, c *call) response {
	if s.MarketplaceWebhook != nil {
		return refuse(newError(
			c.settings.SecondCreateStatus, c.settings.SecondCreateCode, "The account has a marketplace webhook already."))
	}
	s.MarketplaceWebhook = &MarketplaceWebhook{ID: newUUID()}
	return setMarketplaceWebhook(s, c, http.StatusCreated)
}

func updateMarketplaceWebhook(s *State, c *call) response {
	switch {
	case !s.isMarketplaceWebhook(c.id):
		return notFound(marketplaceWebhooks)
	case !strings.EqualFold(c.sent.Data.ID, c.id):
		return otherID()
	}
	return setMarketplaceWebhook(s, c, http.StatusOK)
}

func (s *State) isMarketplaceWebhook(id string) bool {
	return s.MarketplaceWebhook != nil && strings.EqualFold(s.MarketplaceWebhook.ID, id)
}

func otherID() response {
	return conflict("", "/data/id", "The id in the body is not the one in the path.")
}

func setMarketplaceWebhook(s *State, c *call, status int) response {
	w := s.MarketplaceWebhook
	c.sent.set(w)
	r := c.one(status, c.marketplaceWebhook(w))
	if c.settings.ArrayResponses {
		r.body = page(c, allOf([]*MarketplaceWebhook{w}), c.marketplaceWebhook, nil).body
	}
	return r
}

func deleteMarketplaceWebhook(s *State, c *call) response {
	if !s.isMarketplaceWebhook(c.id) {
		return notFound(marketplaceWebhooks)
	}
	s.MarketplaceWebhook = nil
	return noContent()
}

func (c *call) marketplaceWebhook(w *MarketplaceWebhook) resource {
	return c.resource(marketplaceWebhooks, w.ID, object{"endpointUrl": w.EndpointURL}, nil)
}
