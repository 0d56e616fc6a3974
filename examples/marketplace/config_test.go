package main

import (
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
)

// Settings that are missing or can't be right are named, and no secret is quoted.
func TestBadConfiguration(t *testing.T) {
	key := asctest.NewServer(t).Key()
	good := map[string]string{
		"ASC_KEY_ID": key.ID, "ASC_ISSUER_ID": key.IssuerID, "ASC_PRIVATE_KEY": string(key.PEM()), "ASC_APP_ID": appID,
		"ASC_WEBHOOK_SECRET": "canary other", "MARKETPLACE_ENDPOINT_URL": "https://marketplace.example/notifications",
	}
	for _, test := range []struct{ variable, value, want string }{
		{"ASC_APP_ID", "", "ASC_APP_ID is missing"},
		{"MARKETPLACE_ENDPOINT_URL", "", "MARKETPLACE_ENDPOINT_URL is missing"},
		{"ASC_WEBHOOK_SECRET", "", "ASC_WEBHOOK_SECRET is missing"},
		{"ASC_WEBHOOK_SECRET", " ", "ASC_WEBHOOK_SECRET"},
		{"ASC_KEY_ID", "", "key ID is empty"},
		{"ASC_BASE_URL", "http://user:canary@appstoreconnect.example", "base URL"},
		{"MARKETPLACE_ADDR", ":8080", ""},
	} {
		for name, value := range good {
			t.Setenv(name, value)
		}
		t.Setenv("ASC_BASE_URL", "")
		t.Setenv(test.variable, test.value)
		_, err := configFromEnvironment()
		if test.want == "" {
			if err != nil {
				t.Errorf("got %v for good settings", err)
			}
		} else if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: got %v, want %q", test.variable, err, test.want)
		}
	}
}
