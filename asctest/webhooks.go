package asctest

// The operations of webhooks. What App Store Connect does not document is assumed: two webhooks of an app may have
// one URL, and the eleventh webhook and an unknown app are 409.

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const maxWebhooks = 10 // per app, documented by Apple

func listWebhooks(s *State, c *call) response {
	if !slices.Contains(s.Apps, c.id) {
		return notFound("apps")
	}
	return page(c, allOf(s.webhooksOf(c.id)), c.webhook, func([]Webhook) []resource { return c.includedApp(s, c.id) })
}

func getWebhook(s *State, c *call) response {
	i := s.webhook(c.id)
	if i < 0 {
		return notFound("webhooks")
	}
	return c.one(http.StatusOK, c.webhook(s.Webhooks[i]), c.includedApp(s, s.Webhooks[i].AppID)...)
}

func createWebhook(s *State, c *call) response {
	appID := c.sent.related("app")
	if !slices.Contains(s.Apps, appID) {
		return conflict("ENTITY_ERROR.RELATIONSHIP.INVALID", "/data/relationships/app", "There is no such app.")
	}
	if len(s.webhooksOf(appID)) >= maxWebhooks {
		return conflict("STATE_ERROR", "", "The app has as many webhooks as it may have.")
	}
	w := Webhook{ID: newUUID(), AppID: appID}
	c.setWebhook(&w)
	s.Webhooks = append(s.Webhooks, w)
	return c.one(http.StatusCreated, c.webhook(w))
}

func updateWebhook(s *State, c *call) response {
	i := s.webhook(c.id)
	switch {
	case i < 0:
		return notFound("webhooks")
	case !strings.EqualFold(c.sent.Data.ID, c.id):
		return otherID()
	}
	c.setWebhook(&s.Webhooks[i])
	return c.one(http.StatusOK, c.webhook(s.Webhooks[i]))
}

// setWebhook sets what the call gives; null leaves a value as it is.
func (c *call) setWebhook(w *Webhook) {
	eventTypes := w.EventTypes
	c.sent.set(w)
	if w.EventTypes == nil {
		w.EventTypes = eventTypes
	}
}

func deleteWebhook(s *State, c *call) response {
	i := s.webhook(c.id)
	if i < 0 {
		return notFound("webhooks")
	}
	s.Webhooks = slices.Delete(s.Webhooks, i, i+1)
	return noContent()
}

func (c *call) webhook(w Webhook) resource {
	related := c.link("/v1/webhooks/" + url.PathEscape(w.ID) + "/deliveries")
	return c.resource("webhooks", w.ID, object{
		"name": w.Name, "url": w.URL, "enabled": w.Enabled, "eventTypes": append([]string{}, w.EventTypes...),
	}, object{
		"app":        object{"data": resource{Type: "apps", ID: w.AppID}},
		"deliveries": object{"links": object{"related": related}},
	})
}

func (c *call) includedApp(s *State, id string) []resource {
	if !c.includes("app") {
		return nil
	}
	return []resource{c.entry(s, s.entries.get(apps, id))}
}
