package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// config holds secrets: don't log it. All replicas have the same, except Addr.
type config struct {
	Key                                       auth.Key
	BaseURL, AppID, EndpointURL, Secret, Addr string
	Database                                  *pgxpool.Config
}

// configFromEnvironment reads the variables that README.md lists.
func configFromEnvironment() (c config, err error) {
	if c.Key, err = auth.FindKey(auth.KeyHint{}); err != nil {
		return config{}, err
	}
	c.BaseURL = cmp.Or(os.Getenv("ASC_BASE_URL"), wrapper.DefaultBaseURL)
	c.Addr = cmp.Or(os.Getenv("MARKETPLACE_ADDR"), ":8080")
	var database string
	for _, v := range []struct {
		to         *string
		name, what string
	}{
		{&c.AppID, "ASC_APP_ID", "the Apple ID of the marketplace's own app"},
		{&c.Secret, "ASC_WEBHOOK_SECRET", "the secret that notifications are to be signed with"},
		{&c.EndpointURL, "MARKETPLACE_ENDPOINT_URL", "the URL that App Store Connect is to post to"},
		{&database, "DATABASE_URL", "the PostgreSQL that all replicas share"},
	} {
		if *v.to = os.Getenv(v.name); *v.to == "" {
			return config{}, fmt.Errorf("%s is missing: give %s", v.name, v.what)
		}
	}
	if c.Database, err = pgxpool.ParseConfig(database); err != nil { // err quotes the URL, maybe with its password
		return config{}, errors.New("DATABASE_URL can't be read: give postgres://user:password@host:5432/database, percent-encoded")
	}
	if n := c.Database.MaxConns; n < 4 { // one listens for jobs, one works them, one receives, one to spare
		return config{}, fmt.Errorf("DATABASE_URL has pool_max_conns=%d: give at least 4", n)
	}
	// Or the lock of a replica whose machine vanished stays until TCP notices, two hours by default.
	c.Database.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "60s"
	return c, nil
}
