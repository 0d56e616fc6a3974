package sandbox_test

import (
	"encoding/json"
	"runtime"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
)

// TestTenThousandExchangesFit: the whole heap stays well under 100 MB.
func TestTenThousandExchangesFit(t *testing.T) {
	s := start(t, asctest.WithRateLimit(20_000))
	token := s.token()
	for range 10_000 {
		call(s.box.Fake, token)
	}
	got := s.ask("GET", "/exchanges?limit=1000", "").body
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
