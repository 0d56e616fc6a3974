package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// config is the same for all replicas, except for Addr.
type config struct {
	AppID, Addr string
	Client      *wrapper.Client
	Webhook     wrapper.WebhookParams
	Verifier    *notification.Verifier
	Packages    string // folder of downloaded packages, which all replicas share
	Database    *pgxpool.Config
}

// configFromEnvironment reads the variables that README.md lists.
func configFromEnvironment() (c config, err error) {
	var missing error
	get := func(name, what string) string {
		if os.Getenv(name) == "" {
			missing = errors.Join(missing, fmt.Errorf("%s is missing: give %s", name, what))
		}
		return os.Getenv(name)
	}
	c.AppID = get("ASC_APP_ID", "the Apple ID of the marketplace's own app")
	url := get("MARKETPLACE_ENDPOINT_URL", "the URL that App Store Connect is to post to")
	secrets := get("ASC_WEBHOOK_SECRET", "the secret that notifications are to be signed with")
	database := get("DATABASE_URL", "the PostgreSQL that all replicas share")
	if missing != nil {
		return c, missing
	}
	c.Addr = cmp.Or(os.Getenv("MARKETPLACE_ADDR"), ":8080")
	c.Packages = cmp.Or(os.Getenv("MARKETPLACE_PACKAGES"), "packages")
	if err := c.setSecrets(url, secrets); err != nil {
		return c, err
	}
	key, err := auth.FindKey(auth.KeyHint{})
	if err != nil {
		return c, err
	}
	tokens, err := auth.NewTokenSource(key)
	if err != nil {
		return c, err
	}
	baseURL := cmp.Or(os.Getenv("ASC_BASE_URL"), wrapper.DefaultBaseURL)
	c.Client, err = wrapper.NewClient(tokens, wrapper.WithBaseURL(baseURL), wrapper.WithLogger(slog.Default()))
	if err != nil {
		return c, err
	}
	if c.Database, err = pgxpool.ParseConfig(database); err != nil { // err quotes the URL
		return c, errors.New("DATABASE_URL can't be read: give postgres://user:password@host:5432/name, percent-encoded")
	}
	if n := c.Database.MaxConns; n < 4 { // one to listen for jobs, one to work them, one to receive, one to read
		return c, fmt.Errorf("DATABASE_URL has pool_max_conns=%d: give at least 4", n)
	}
	// Or the lock of a replica whose machine vanished stays until TCP notices, two hours by default.
	c.Database.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "60s"
	return c, nil
}

// setSecrets takes secrets separated by spaces: the first is registered, all are
// accepted, and so is the old resource's if it is among them.
func (c *config) setSecrets(url, secrets string) (err error) {
	var keys [][]byte
	for secret := range strings.FieldsSeq(secrets) {
		keys = append(keys, []byte(secret))
	}
	if c.Verifier, err = notification.NewVerifier(keys...); err != nil {
		return fmt.Errorf("ASC_WEBHOOK_SECRET: %w", err)
	}
	c.Webhook = wrapper.WebhookParams{
		Name: "marketplace", URL: url, Secret: wrapper.NewSecret(string(keys[0])), EventTypes: wrapper.MarketplaceEvents(),
	}
	return nil
}
