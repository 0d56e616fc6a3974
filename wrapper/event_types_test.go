package wrapper_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestEventTypes: the constants are the OpenAPI document's, and each is in Apple's form.
func TestEventTypes(t *testing.T) {
	document, err := openAPI()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, value := range document.Components.Schemas["WebhookEventType"].Value.Enum {
		want = append(want, fmt.Sprint(value))
	}
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
