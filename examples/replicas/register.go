package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// register ensures the webhook, trying until that succeeds or ctx is done; its failure
// stops nothing else. The others wait, and then find what the first has made.
func register(ctx context.Context, c config, pool *pgxpool.Pool) {
	for {
		err := alone(ctx, pool, func(pgx.Tx) error {
			result, err := c.Client.Webhooks.Ensure(ctx, c.AppID, c.Webhook)
			if err == nil {
				slog.Info("webhook ensured", "id", result.Webhook.ID, "action", result.Action)
			}
			return err
		})
		if err == nil || ctx.Err() != nil {
			return
		}
		slog.Error("not registered, trying again in a minute", "error", err)
		select {
		case <-time.After(time.Minute):
		case <-ctx.Done():
		}
	}
}
