package asctest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/internal/contract"
)

// TestCleanupWaitsForCalls keeps a late call from failing a test that is over.
func TestCleanupWaitsForCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tb := &cleanups{TB: t}
		server := NewPipeServer(tb, Settings{Faults: func(Exchange) *Fault {
			time.Sleep(time.Hour)
			return nil
		}})
		go func() {
			r, _ := http.NewRequest(http.MethodGet, server.URL, nil)
			r.Header.Set("Authorization", "Bearer "+tokenOf(t, server.Key()))
			if response, err := server.Client().Do(r); err == nil {
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
	if _, err := contract.Load(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		t := &cleanups{TB: b}
		NewServer(t)
		t.run()
	}
}

// TestAFaultThatNeverFiredFailsTheTest, and names itself.
func TestAFaultThatNeverFiredFailsTheTest(t *testing.T) {
	t.Parallel()
	tb := &cleanups{TB: t, failed: new([]string)}
	server := NewServer(tb)
	server.FailNext(
		Fault{Operation: MarketplaceWebhooksList, Times: -1},
		Fault{Operation: WebhooksCreate, Kind: FaultRedirect, Status: 308},
		Fault{Operation: WebhooksDelete, Optional: true},
	)
	ask(t, server.Handler, "GET", collectionPath, "")
	tb.run()
	want := `asctest: the fault "redirect 308" of webhooks_createInstance never fired: no such call came`
	if got := *tb.failed; len(got) != 1 || got[0] != want {
		t.Errorf("said %q", got)
	}
}

// TestImpossibleFaultsAreRefused when they are armed.
func TestImpossibleFaultsAreRefused(t *testing.T) {
	t.Parallel()
	for want, fault := range map[string]Fault{
		"status: must be from 200 to 599":          {Status: 199},
		"status: must be from 200 to 599, ":        {Status: 600},
		"kind: must be one of error, late, ":       {Kind: "late body "},
		"operation: must be empty for any, or one": {Operation: "webhooks_create"},
	} {
		tb := &cleanups{TB: t, failed: new([]string)}
		server := NewServer(tb)
		server.FailNext(fault)
		if got := *tb.failed; len(got) != 1 || !strings.HasPrefix(got[0], "asctest: "+want) {
			t.Errorf("%+v: said %q", fault, got)
		}
		h := quiet(t)
		h.onViolation = func(error) {}
		if err := h.Update(func(s *State) { s.Faults = []Fault{fault} }); err == nil || len(h.State().Faults) > 0 {
			t.Errorf("%+v: no error", fault)
		}
		tb.run()
	}
}

// cleanups is a TB whose test ends when run is called.
type cleanups struct {
	testing.TB
	funcs  []func()
	failed *[]string // what Errorf was called with; nil fails the test
}

func (c *cleanups) Errorf(format string, args ...any) {
	if c.failed == nil {
		c.TB.Errorf(format, args...)
		return
	}
	*c.failed = append(*c.failed, fmt.Sprintf(format, args...))
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
