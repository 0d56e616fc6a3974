package main

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

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

// register ensures the webhook and catches up with what it missed, trying until
// both succeed or ctx is done. Its failure stops nothing else: a webhook that was
// registered before goes on to deliver, whatever App Store Connect's API or our
// key are up to.
func (s *service) register(ctx context.Context) {
	for {
		err := s.ensureAndCatchUp(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		s.logger.Error("not registered or not caught up, trying again", "error", err, "in", s.registerAgain)
		select {
		case <-time.After(s.registerAgain):
		case <-ctx.Done():
			return
		}
	}
}

func (s *service) ensureAndCatchUp(ctx context.Context) error {
	result, err := s.client.Webhooks.Ensure(ctx, s.config.AppID, wrapper.WebhookParams{
		Name:       "marketplace notifications",
		URL:        s.config.EndpointURL,
		Secret:     wrapper.NewSecret(s.config.Secret),
		EventTypes: wrapper.MarketplaceEvents(),
	})
	if err != nil {
		return err
	}
	s.logger.Info("webhook ensured", "id", result.Webhook.ID, "action", result.Action)
	return s.catchUp(ctx, result.Webhook.ID)
}

// catchUp hands what was not delivered to the receiver. What it got to is kept
// after each run, so that the next one goes on from there.
func (s *service) catchUp(ctx context.Context, webhookID string) error {
	since, err := readProgress(ctx, s.db, webhookID)
	if err != nil {
		return err
	}
	next, err := s.client.Webhooks.CatchUp(ctx, webhookID, since, s.receiver.Handle)
	if errors.Is(err, wrapper.ErrInvalid) && !since.IsZero() { // we were down for over ten days
		s.logger.Error("some notifications are lost: read the packages' state elsewhere", "error", err)
		next, err = s.client.Webhooks.CatchUp(ctx, webhookID, time.Time{}, s.receiver.Handle)
	}
	if err := writeProgress(context.WithoutCancel(ctx), s.db, webhookID, next); err != nil {
		return err
	}
	if err == nil {
		s.logger.Info("caught up", "next", next)
	}
	return err
}

func readProgress(ctx context.Context, db *sql.DB, webhookID string) (time.Time, error) {
	var millis int64
	err := db.QueryRowContext(ctx, `SELECT next FROM progress WHERE webhook_id = ?`, webhookID).Scan(&millis)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return time.UnixMilli(millis), err
}

func writeProgress(ctx context.Context, db *sql.DB, webhookID string, next time.Time) error {
	_, err := db.ExecContext(ctx, `INSERT INTO progress (webhook_id, next) VALUES (?, ?)
		ON CONFLICT DO UPDATE SET next = excluded.next`, webhookID, next.UnixMilli())
	return err
}
