// Package brokers_test hands notifications to a message broker through
// watermill: to PostgreSQL in the transaction that also removes duplicates, and
// to NATS JetStream, which recognises duplicates itself.
package brokers_test

import (
	"context"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/ascmarketplace/webhooks/notification"
)

// publishTo returns the function of a handler: it hands each notification to a
// broker, as it was received, and returns nil once the broker has stored it.
func publishTo(broker message.Publisher, topic string) func(context.Context, *notification.Notification) error {
	return func(ctx context.Context, n *notification.Notification) error {
		m := message.NewMessageWithContext(ctx, n.ID, n.Raw)
		m.Metadata.Set("type", n.Type)
		return broker.Publish(topic, m)
	}
}
