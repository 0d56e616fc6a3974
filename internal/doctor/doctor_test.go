package doctor_test

// What doctor says otherwise.

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/doctor"
)

func TestExamineFindsNothingWrong(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	var checks []string
	for _, f := range p.examine(t) {
		if f.Status != doctor.OK {
			t.Errorf("%+v", f)
		}
		checks = append(checks, f.Check)
	}
	want := []string{"key", "network", "clock", "token", "rate limit", "agreements", "role", "app", "webhooks", "webhook",
		"old webhook", "endpoint", "forgery", "ping", "deliveries"}
	if !slices.Equal(checks, want) {
		t.Errorf("checks: %q, want %q", checks, want)
	}
	if len(p.posted) != 2 {
		t.Errorf("%d posts to the endpoint, want a forgery and a ping", len(p.posted))
	}
	for _, x := range p.fake.Exchanges() {
		if x.Method != http.MethodGet {
			t.Errorf("%s %s: it only reads", x.Method, x.Path)
		}
	}
}

// Whatever the key, the base URL or the network lacks, each check says
// something.
func TestEachCheckSaysSomething(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		check string
		spoil func(*patient)
	}{
		"no key":         {"key", func(p *patient) { p.Key.File = "none" }},
		"no https":       {"network", func(p *patient) { p.BaseURL = "http://example.com" }},
		"nobody there":   {"network", func(p *patient) { p.BaseURL = "http://127.0.0.1:1" }},
		"a page":         {"network", func(p *patient) { p.BaseURL = "https://portal.example"; p.receive(always(200)) }},
		"404 everywhere": {"forgery", func(p *patient) { p.receive(always(404)) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPatient(t)
			test.spoil(p)
			checks := map[string]doctor.Status{}
			p.Examine(t.Context(), func(f doctor.Finding) { checks[f.Check] = f.Status })
			if status := checks[test.check]; status != doctor.Failure && status != doctor.Warning {
				t.Errorf("%s: %s", test.check, status)
			}
			if len(checks) < 12 {
				t.Errorf("only %d checks say something: %v", len(checks), checks)
			}
		})
	}
}

// What an operator should know though notifications do arrive.
func TestWarnings(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		check, found string
		spoil        func(*asctest.State)
	}{
		"twice": {"webhooks", "2 of at most ten; several post to", func(s *asctest.State) {
			twin := s.Webhooks[0]
			twin.ID = "twin"
			s.Webhooks = append(s.Webhooks, twin)
		}},
		"one of two disabled": {"webhook", "is disabled", func(s *asctest.State) {
			other := s.Webhooks[0]
			other.ID, other.URL, other.Enabled = "other", "https://other.example/", false
			s.Webhooks = append(s.Webhooks, other)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPatient(t)
			_ = p.fake.Update(test.spoil)
			findings := wrong(p.examine(t))
			if len(findings) != 1 || findings[0].Check != test.check || findings[0].Status != doctor.Warning ||
				!strings.Contains(findings[0].Found, test.found) {
				t.Errorf("%+v", findings)
			}
			if len(p.posted) != 2 {
				t.Errorf("posted %d times, want twice to the one endpoint", len(p.posted))
			}
		})
	}
}

// A clock that is off by less than a token's tolerance.
func TestClockNearlyWrong(t *testing.T) {
	t.Parallel()
	findings := wrong(newPatient(t, asctest.Settings{Skew: 45 * time.Second}).examine(t))
	if len(findings) != 1 || findings[0].Check != "clock" || findings[0].Status != doctor.Warning ||
		!strings.HasPrefix(findings[0].Found, "40s behind") && !strings.HasPrefix(findings[0].Found, "50s behind") {
		t.Errorf("%+v", findings)
	}
}

// A clock that is off by more than the client corrects explains the refused token.
func TestClockFarOff(t *testing.T) {
	t.Parallel()
	findings := wrong(newPatient(t, asctest.Settings{Skew: 48 * time.Hour}).examine(t))
	if len(findings) != 1 || findings[0].Check != "clock" {
		t.Errorf("%+v", findings)
	}
}

// A rate limit that is nearly used up, and an endpoint that redirects.
func TestNearlyAndElsewhere(t *testing.T) {
	t.Parallel()
	p := newPatient(t, asctest.Settings{RateLimit: 21})
	for range 18 {
		_, _ = p.client(t).MarketplaceWebhooks.List(t.Context())
	}
	p.receive(http.RedirectHandler("https://elsewhere.example/", http.StatusTemporaryRedirect))
	findings := wrong(p.examine(t))
	if len(findings) != 3 || findings[0].Check != "rate limit" || findings[1].Check != "forgery" || findings[2].Check != "ping" {
		t.Errorf("%+v", findings)
	}
}
