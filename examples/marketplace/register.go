package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// newWebhooks returns App Store Connect's marketplace webhooks.
func newWebhooks(c config, logger *slog.Logger) (*wrapper.MarketplaceWebhooks, error) {
	tokens, err := auth.NewTokenSource(c.Key)
	if err != nil {
		return nil, err
	}
	client, err := wrapper.NewClient(tokens, wrapper.WithBaseURL(c.BaseURL), wrapper.WithLogger(logger))
	if err != nil {
		return nil, err
	}
	return client.MarketplaceWebhooks, nil
}

// register ensures the webhook, trying until it succeeds or ctx is done. Its
// failure stops nothing else: a webhook that was registered before goes on to
// deliver, whatever App Store Connect's API or our key are up to.
func (s *service) register(ctx context.Context) {
	want := wrapper.MarketplaceWebhookParams{EndpointURL: s.config.EndpointURL, Secret: wrapper.NewSecret(s.config.Secret)}
	for {
		result, err := s.webhooks.Ensure(ctx, want)
		if err == nil {
			s.logger.Info("webhook ensured", "id", result.Webhook.ID, "action", result.Action)
			return
		}
		if ctx.Err() != nil {
			return
		}
		s.logger.Error("webhook not ensured, trying again", "error", err, "in", s.registerAgain)
		select {
		case <-time.After(s.registerAgain):
		case <-ctx.Done():
			return
		}
	}
}
