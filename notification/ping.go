package notification

import "time"

const (
	webhookPingCreated = "webhookPingCreated"
	webhookPings       = "webhookPings"
)

// WebhookPingCreated is what a ping of a webhook posts, to test it. Apple does
// not document its form: taken from public reports is the type
// webhookPingCreated. Assumed are the type webhookPings, and that an unknown
// type with the attribute ping set to true is a ping too.
type WebhookPingCreated struct {
	Timestamp time.Time // timestamp, in UTC
}

func decodePing(d *data) Event { return &WebhookPingCreated{d.at()} }

func (e *WebhookPingCreated) wire(at time.Time) data {
	return data{
		Type: webhookPingCreated, Version: version,
		Attributes: attributes{Timestamp: precisely(e.Timestamp, at)},
	}
}
