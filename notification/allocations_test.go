package notification_test

import (
	"testing"

	"github.com/ascmarketplace/webhooks/internal/racetest"
	"github.com/ascmarketplace/webhooks/notification"
)

// TestDecodeAllocations holds what decoding each type allocates, Raw included.
func TestDecodeAllocations(t *testing.T) {
	if racetest.Enabled {
		t.Skip("the race detector allocates too")
	}
	const usual = 22
	more := map[string]float64{
		"alternativeDistributionPackageAvailableUpdated.json":      56, // 27 territories
		"alternativeDistributionTerritoryAvailabilityUpdated.json": 54,
	}
	for name, body := range fixtures(t) {
		got := testing.AllocsPerRun(100, func() {
			if _, err := notification.Decode(body); err != nil {
				t.Fatal(err)
			}
		})
		if want := max(usual, more[name]); got > want {
			t.Errorf("%s: %v allocations, want at most %v", name, got, want)
		}
	}
}
