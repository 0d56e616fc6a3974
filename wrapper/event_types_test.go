package wrapper_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/internal/contract"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestEventTypes: the constants are the OpenAPI document's, and each is in Apple's form.
func TestEventTypes(t *testing.T) {
	document, err := contract.Load()
	if err != nil {
		t.Fatal(err)
	}
	want := document.EventTypes()
	var got []string
	for _, eventType := range wrapper.AllEvents() {
		got = append(got, string(eventType))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	for _, eventType := range wrapper.MarketplaceEvents() {
		if !strings.HasPrefix(string(eventType), "ALTERNATIVE_DISTRIBUTION_") {
			t.Errorf("%s is not a marketplace's", eventType)
		}
	}
}
