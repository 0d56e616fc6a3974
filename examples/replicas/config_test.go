package main

import (
	"crypto/rand"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
)

// A replica that is told something wrong says what, and quotes no secret.
func TestBadConfiguration(t *testing.T) {
	canary := rand.Text()
	key := asctest.NewServer(t).Key()
	good := map[string]string{
		"ASC_KEY_ID": key.ID, "ASC_ISSUER_ID": key.IssuerID, "ASC_PRIVATE_KEY": string(key.PEM()), "ASC_APP_ID": appID,
		"ASC_WEBHOOK_SECRET": canary, "MARKETPLACE_ENDPOINT_URL": "https://marketplace.example/notifications",
		"DATABASE_URL": "postgres://marketplace:" + canary + "@127.0.0.1:1/marketplace",
	}
	for _, test := range []struct{ variable, value, want string }{
		{"ASC_APP_ID", "", "ASC_APP_ID is missing"},
		{"ASC_WEBHOOK_SECRET", "", "ASC_WEBHOOK_SECRET is missing"},
		{"MARKETPLACE_ENDPOINT_URL", "", "MARKETPLACE_ENDPOINT_URL is missing"},
		{"DATABASE_URL", "", "DATABASE_URL is missing"},
		{"DATABASE_URL", "postgres://marketplace:" + canary + "%zz@127.0.0.1/marketplace", "DATABASE_URL can't be read"},
		{"DATABASE_URL", "host=127.0.0.1 password='" + canary, "DATABASE_URL can't be read"},
		{"DATABASE_URL", good["DATABASE_URL"] + "?sslmode=" + canary, "DATABASE_URL can't be read"},
		{"DATABASE_URL", good["DATABASE_URL"] + "?pool_max_conns=3", "give at least 4"},
		{"ASC_KEY_ID", "", "key ID is empty"},
		{"ASC_PRIVATE_KEY", canary, "ASC_PRIVATE_KEY"},
		{"ASC_BASE_URL", "http://user:" + canary + "@appstoreconnect.example", "base URL"},
	} {
		t.Run(test.variable+" "+test.want, func(t *testing.T) {
			for name, value := range good {
				t.Setenv(name, value)
			}
			t.Setenv(test.variable, test.value)
			_, err := configFromEnvironment()
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), canary) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}

	t.Run("a database that is not there", func(t *testing.T) {
		for name, value := range good {
			t.Setenv(name, value)
		}
		c, err := configFromEnvironment()
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Database.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"]; got != "60s" {
			t.Errorf("a lost replica's lock stays for %q", got)
		}
		if err := run(t.Context(), c); err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("got %v", err)
		}
	})
}
