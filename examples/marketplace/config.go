package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// config is what differs between deployments.
type config struct {
	AppID, Addr string
	Client      *wrapper.Client
	Webhook     wrapper.WebhookParams
	Verifier    *notification.Verifier
	Database    string        // path of the SQLite file
	Packages    string        // folder of downloaded packages
	Every       time.Duration // KeepUp's; zero is its default
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
	if missing != nil {
		return c, missing
	}
	c.Addr = cmp.Or(os.Getenv("MARKETPLACE_ADDR"), ":8080")
	c.Database = cmp.Or(os.Getenv("MARKETPLACE_DATABASE"), "marketplace.db")
	c.Packages = cmp.Or(os.Getenv("MARKETPLACE_PACKAGES"), "packages")
	if err := c.setSecrets(url, secrets); err != nil {
		return c, err
	}
	key, err := auth.FindKey(auth.KeyHint{}) // ASC_KEY_ID, ASC_ISSUER_ID, ASC_PRIVATE_KEY_PATH and so on
	if err != nil {
		return c, err
	}
	tokens, err := auth.NewTokenSource(key)
	if err != nil {
		return c, err
	}
	baseURL := cmp.Or(os.Getenv("ASC_BASE_URL"), wrapper.DefaultBaseURL)
	c.Client, err = wrapper.NewClient(tokens, wrapper.WithBaseURL(baseURL), wrapper.WithLogger(slog.Default()))
	return c, err
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
