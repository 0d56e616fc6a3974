package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// newClient returns a client of App Store Connect.
func newClient(c config, logger *slog.Logger) (*wrapper.Client, error) {
	tokens, err := auth.NewTokenSource(c.Key)
	if err != nil {
		return nil, err
	}
	return wrapper.NewClient(tokens, wrapper.WithBaseURL(c.BaseURL), wrapper.WithLogger(logger))
}

// register ensures the webhook, trying until that succeeds or ctx is done; its failure
// stops nothing else. One replica at a time looks and registers, so that the others
// find what the first has made.
func register(ctx context.Context, c config, client *wrapper.Client, pool *pgxpool.Pool, logger *slog.Logger) {
	params := wrapper.WebhookParams{
		Name: "marketplace notifications", URL: c.EndpointURL, Secret: wrapper.NewSecret(c.Secret),
		EventTypes: wrapper.MarketplaceEvents(),
	}
	for {
		err := alone(ctx, pool, func(pgx.Tx) error {
			result, err := client.Webhooks.Ensure(ctx, c.AppID, params)
			if err == nil {
				logger.Info("webhook ensured", "id", result.Webhook.ID, "action", result.Action)
			}
			return err
		})
		if err == nil || ctx.Err() != nil {
			return
		}
		logger.Error("not registered, trying again in a minute", "error", err)
		select {
		case <-time.After(time.Minute):
		case <-ctx.Done():
			return
		}
	}
}
