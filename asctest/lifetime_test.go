package asctest

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// TestCleanupWaitsForCalls keeps a late call from failing a test that is over.
func TestCleanupWaitsForCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tb := &cleanups{TB: t}
		server := NewPipeServer(tb, WithFaults(func(Exchange) *Fault {
			time.Sleep(time.Hour)
			return nil
		}))
		go func() {
			if response, err := server.Client().Get(server.URL); err == nil {
				_ = response.Body.Close()
			}
		}()
		synctest.Wait()
		start := time.Now()
		tb.run()
		if waited := time.Since(start); waited != time.Hour {
			t.Errorf("the cleanup took %v", waited)
		}
	})
}

func BenchmarkNewServer(b *testing.B) {
	if _, err := document(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		t := &cleanups{TB: b}
		NewServer(t)
		t.run()
	}
}

// cleanups is a TB whose test ends when run is called.
type cleanups struct {
	testing.TB
	funcs []func()
}

func (c *cleanups) Cleanup(f func()) { c.funcs = append(c.funcs, f) }

func (c *cleanups) run() {
	for _, f := range c.funcs {
		f()
	}
}

func BenchmarkList(b *testing.B) {
	h, err := New(Settings{RateLimit: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, collectionPath, nil)
	r.Header.Set("Authorization", "Bearer "+tokenOf(b, h.Key()))
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}
