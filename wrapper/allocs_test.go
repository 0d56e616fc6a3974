//go:build !race

package wrapper_test

import (
	"testing"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestAllocations holds calls to their limits; the race detector would add
// to them.
func TestAllocations(t *testing.T) {
	get := cannedClient(t, cannedList())
	create := cannedClient(t, cannedCreate())
	webhook := wrapper.MarketplaceWebhookParams{EndpointURL: endpointURL, Secret: wrapper.NewSecret("secret")}
	for name, test := range map[string]struct {
		limit float64
		call  func() error
	}{
		"get":        {46, func() error { _, err := get.MarketplaceWebhooks.Get(t.Context()); return err }},
		"create":     {57, func() error { _, err := create.MarketplaceWebhooks.Create(t.Context(), webhook); return err }},
		"rate limit": {0, func() error { get.RateLimit(); return nil }},
	} {
		allocations := testing.AllocsPerRun(100, func() {
			if err := test.call(); err != nil {
				t.Fatal(err)
			}
		})
		if allocations > test.limit {
			t.Errorf("%s: %v allocations, limit %v", name, allocations, test.limit)
		}
	}
}
