package doctor_test

// What a probe leaves behind: nothing, and nothing of the account's own is touched.

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/doctor"
)

func TestProbeLeavesTheAccountsOwnAlone(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t, asctest.MarketplaceWebhook{EndpointURL: "https://canary.example/old", Secret: secret})
	got := l.verdicts(t)
	want := []string{"empty-secret", "http-endpoint", "second-create"}
	if untried := with(got, doctor.NotTried); !slices.Equal(untried, want) {
		t.Errorf("not tried: %q", untried)
	}
	for _, x := range l.fake.Exchanges() {
		if strings.HasPrefix(x.Path, "/v1/marketplaceWebhooks") && x.Method != http.MethodGet {
			t.Errorf("%s %s", x.Method, x.Path)
		}
		if strings.Contains(x.Path, webhookID) {
			t.Errorf("production's webhook: %s %s", x.Method, x.Path)
		}
	}
}

// mortal is a process that is killed once its nth request is sent, before it
// reads the response.
type mortal struct {
	next http.RoundTripper
	n    atomic.Int32
	at   int32
}

func (m *mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	switch n := m.n.Add(1); {
	case n > m.at:
		return nil, errors.New("killed")
	case n == m.at:
		if response, err := m.next.RoundTrip(r); err == nil {
			_ = response.Body.Close()
		}
		return nil, errors.New("killed")
	}
	return m.next.RoundTrip(r)
}

// Whenever it is killed, the next run removes what it left, and tries all the same.
func TestProbeIsKilledAtEveryRequest(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t)
	l.Listener = nil
	before := l.registered()
	life, left := l.Transport, 0
	killed := true
	for at := int32(1); killed; at++ {
		m := &mortal{next: life, at: at}
		l.Transport = m
		_ = l.Run(t.Context(), func(doctor.Outcome) {})
		killed = m.n.Load() >= at
		left += len(l.registered()) - len(before)
		l.Transport = life
		outcomes := map[string]doctor.Outcome{}
		if err := l.Run(t.Context(), func(o doctor.Outcome) { outcomes[o.Probe] = o }); err != nil {
			t.Fatal(err)
		}
		delete(outcomes, "")                                               // the facts that no probe settles
		if untried := with(outcomes, doctor.NotTried); len(untried) != 6 { // those that need a listener
			t.Errorf("killed at request %d: not tried: %q", at, untried)
		}
		if after := l.registered(); !slices.Equal(before, after) {
			t.Fatalf("killed at request %d: left behind %q", at, after)
		}
	}
	if left < 10 {
		t.Errorf("only %d webhooks were ever left behind: the test tries nothing", left)
	}
}

// An interrupt ends it, and it still deletes what it created.
func TestProbeIsInterrupted(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t)
	before := l.registered()
	ctx, cancel := context.WithCancel(t.Context())
	var creates atomic.Int32
	l.Transport = edit{l.Transport, func(r *http.Request, body []byte, _ *http.Response) []byte {
		if r.Method == http.MethodPost && r.URL.Path == "/v1/webhooks" && creates.Add(1) == 2 {
			cancel()
		}
		return body
	}}
	untried := 0
	err := l.Run(ctx, func(o doctor.Outcome) {
		if o.Verdict == doctor.NotTried && o.Probe != "" {
			untried++
		}
	})
	if after := l.registered(); err != nil || untried == 0 || !slices.Equal(before, after) {
		t.Errorf("error %v, %d not tried, left behind %q", err, untried, after)
	}
}

// What can't be deleted is said.
func TestProbeSaysWhatIsLeft(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t)
	l.fake.FailNext(asctest.Fault{Operation: asctest.WebhooksDelete, Status: 503, Times: -1})
	err := l.Run(t.Context(), func(doctor.Outcome) {})
	if err == nil || !strings.Contains(err.Error(), "may be left behind") {
		t.Errorf("error %v", err)
	}
}
