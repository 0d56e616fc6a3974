package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"github.com/ascmarketplace/webhooks/internal/racetest"
)

// TestTenThousandExchangesAllocations: the whole heap stays well under 100 MB.
func TestTenThousandExchangesAllocations(t *testing.T) {
	if racetest.Enabled {
		t.Skip("the race detector allocates too")
	}
	s := start(t)
	for range 10_000 {
		// Without a token, since verifying one takes its time.
		s.box.Fake.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/v1/marketplaceWebhooks", nil))
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.control.URL+"/exchanges?limit=1000", nil)
	if err != nil {
		t.Fatal(err)
	}
	got := s.do(r).body
	var list struct{ Total int }
	if err := json.Unmarshal([]byte(got), &list); err != nil || list.Total != 10_000 {
		t.Fatalf("%d exchanges, %v", list.Total, err)
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapAlloc > 60<<20 {
		t.Errorf("%d MiB are in use", m.HeapAlloc>>20)
	}
	t.Logf("%d MiB in use, %d MiB from the system", m.HeapAlloc>>20, m.Sys>>20)
}
