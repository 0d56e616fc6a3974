package notification

import "time"

var pingKind = kind{typ: "webhookPingCreated", new: newOf[WebhookPingCreated]}

// WebhookPingCreated is what a ping of a webhook posts, to test it. Apple does
// not document its form: the type webhookPingCreated is from public reports.
// Assumed are the type webhookPings, and that any other type with the
// attribute ping set to true is a ping too.
type WebhookPingCreated struct {
	Timestamp time.Time // timestamp, in UTC
}

func (e *WebhookPingCreated) transfer(c *codec) { c.timestamp(&e.Timestamp) }
