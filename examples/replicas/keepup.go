package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// keepUp keeps the webhook registered and hands over what could not be delivered. Each
// replica does so: what another one has handled is a duplicate. Its failure stops nothing
// else: a webhook that was registered before goes on to deliver.
func keepUp(ctx context.Context, c config, pool *pgxpool.Pool, handle func(context.Context, []byte) error) {
	since, err := progress(ctx, pool)
	if err != nil {
		slog.Error("progress not read: catching up with ten days", "error", err)
	}
	registered := ""
	err = c.Client.Webhooks.KeepUp(ctx, c.AppID, c.Webhook, handle, wrapper.KeepUpOptions{
		Since: since, Report: func(pass wrapper.Pass) {
			level := slog.LevelDebug
			switch {
			case pass.Err != nil || pass.Lost > 0:
				level = slog.LevelError
			case pass.HandedOver > 0 || pass.WebhookID != registered:
				level = slog.LevelInfo
			}
			registered = pass.WebhookID
			slog.Log(ctx, level, "keeping up", "webhook", pass.WebhookID, "handed over", pass.HandedOver,
				"lost", pass.Lost, "error", pass.Err)
			if err := setProgress(ctx, pool, pass.Next); err != nil {
				slog.Error("progress not stored", "error", err)
			}
		}})
	if ctx.Err() == nil {
		slog.Error("no longer keeping up: fix this and start again", "error", err)
	}
}

// progress is where catching up goes on; zero if it never began.
func progress(ctx context.Context, pool *pgxpool.Pool) (next time.Time, err error) {
	err = pool.QueryRow(ctx, `SELECT next FROM progress`).Scan(&next)
	if errors.Is(err, pgx.ErrNoRows) {
		return time.Time{}, nil
	}
	return next, err
}

// setProgress keeps the furthest: what one replica has got through, all have.
func setProgress(ctx context.Context, pool *pgxpool.Pool, next time.Time) error {
	if next.IsZero() {
		return nil
	}
	_, err := pool.Exec(context.WithoutCancel(ctx), `INSERT INTO progress (next) VALUES ($1)
		ON CONFLICT (one) DO UPDATE SET next = greatest(progress.next, excluded.next)`, next)
	return err
}
