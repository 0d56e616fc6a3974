package main

import (
	"cmp"
	"errors"
	"os"

	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// config is what differs between deployments. It holds the secret: don't log it.
type config struct {
	Key         auth.Key
	BaseURL     string // of App Store Connect
	EndpointURL string // where App Store Connect reaches /notifications from outside
	Secret      string // that notifications are signed with
	Addr        string // to listen on
	Database    string // path of the SQLite file
}

// configFromEnvironment reads ASC_KEY_ID, ASC_ISSUER_ID, ASC_PRIVATE_KEY or
// ASC_PRIVATE_KEY_PATH (all by way of auth.FindKey), ASC_BASE_URL,
// ASC_WEBHOOK_SECRET, MARKETPLACE_ENDPOINT_URL, MARKETPLACE_ADDR and
// MARKETPLACE_DATABASE.
func configFromEnvironment() (config, error) {
	key, err := auth.FindKey(auth.KeyHint{})
	if err != nil {
		return config{}, err
	}
	c := config{
		Key:         key,
		BaseURL:     cmp.Or(os.Getenv("ASC_BASE_URL"), wrapper.DefaultBaseURL),
		EndpointURL: os.Getenv("MARKETPLACE_ENDPOINT_URL"),
		Secret:      os.Getenv("ASC_WEBHOOK_SECRET"),
		Addr:        cmp.Or(os.Getenv("MARKETPLACE_ADDR"), ":8080"),
		Database:    cmp.Or(os.Getenv("MARKETPLACE_DATABASE"), "marketplace.db"),
	}
	switch {
	case c.EndpointURL == "":
		return config{}, errors.New("MARKETPLACE_ENDPOINT_URL is missing: give the URL that App Store Connect is to post to")
	case c.Secret == "":
		return config{}, errors.New("ASC_WEBHOOK_SECRET is missing: give the secret that notifications are to be signed with")
	}
	return c, nil
}
