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
	AppID       string // of the marketplace's own app
	EndpointURL string // where App Store Connect reaches /notifications from outside
	Secret      string // that notifications are signed with
	Addr        string // to listen on
	Database    string // path of the SQLite file
	Packages    string // folder of downloaded packages
}

// configFromEnvironment reads ASC_KEY_ID, ASC_ISSUER_ID, ASC_PRIVATE_KEY or
// ASC_PRIVATE_KEY_PATH (all by way of auth.FindKey), ASC_BASE_URL, ASC_APP_ID,
// ASC_WEBHOOK_SECRET, MARKETPLACE_ENDPOINT_URL, MARKETPLACE_ADDR,
// MARKETPLACE_DATABASE and MARKETPLACE_PACKAGES.
func configFromEnvironment() (config, error) {
	key, err := auth.FindKey(auth.KeyHint{})
	if err != nil {
		return config{}, err
	}
	c := config{
		Key:         key,
		BaseURL:     cmp.Or(os.Getenv("ASC_BASE_URL"), wrapper.DefaultBaseURL),
		AppID:       os.Getenv("ASC_APP_ID"),
		EndpointURL: os.Getenv("MARKETPLACE_ENDPOINT_URL"),
		Secret:      os.Getenv("ASC_WEBHOOK_SECRET"),
		Addr:        cmp.Or(os.Getenv("MARKETPLACE_ADDR"), ":8080"),
		Database:    cmp.Or(os.Getenv("MARKETPLACE_DATABASE"), "marketplace.db"),
		Packages:    cmp.Or(os.Getenv("MARKETPLACE_PACKAGES"), "packages"),
	}
	switch {
	case c.AppID == "":
		return config{}, errors.New("ASC_APP_ID is missing: give the Apple ID of the marketplace's own app")
	case c.EndpointURL == "":
		return config{}, errors.New("MARKETPLACE_ENDPOINT_URL is missing: give the URL that App Store Connect is to post to")
	case c.Secret == "":
		return config{}, errors.New("ASC_WEBHOOK_SECRET is missing: give the secret that notifications are to be signed with")
	}
	return c, nil
}
