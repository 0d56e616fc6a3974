package doctor_test

// What a probe refuses, and what it makes of trouble.

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/doctor"
)

func TestProbeDoesWhatItCan(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t)
	l.Listener = nil
	if got := with(l.verdicts(t), doctor.NotTried); len(got) != 6 {
		t.Errorf("without a listener not tried: %q", got)
	}

	l = newLaboratory(t)
	_ = l.fake.Update(func(s *asctest.State) {
		for len(s.Webhooks) < 10 {
			s.Webhooks = append(s.Webhooks, asctest.Webhook{AppID: appID, URL: "https://canary.example/", Secret: secret})
		}
	})
	if got := with(l.verdicts(t), doctor.NotTried); len(got) != 8 {
		t.Errorf("with ten webhooks not tried: %q", got)
	}

	l = newLaboratory(t)
	l.fake.FailNext(asctest.Fault{Operation: asctest.MarketplaceWebhooksList, Status: 403, Times: -1})
	if got := with(l.verdicts(t), doctor.NotTried); !slices.Equal(got, []string{"empty-secret", "http-endpoint", "second-create"}) {
		t.Errorf("with a key that may not read the marketplace webhook not tried: %q", got)
	}

	l = newLaboratory(t)
	l.fake.FailNext(asctest.Fault{Operation: asctest.MarketplaceWebhooksList, Status: 503, Times: -1})
	if err := l.Run(t.Context(), func(doctor.Outcome) {}); err == nil || !strings.Contains(err.Error(), "nothing was tried") {
		t.Errorf("where an earlier run's marketplace webhook may be left: %v", err)
	}
	if sent := len(l.fake.Exchanges()); sent != 2 { // each list once
		t.Errorf("%d requests", sent)
	}

	l = newLaboratory(t)
	l.URL, l.Wait = "http://127.0.0.1:1/", 50*time.Millisecond // leads elsewhere
	if got := l.verdicts(t)["payload"]; got.Verdict != doctor.NotTried || !strings.Contains(got.Found, "did not arrive") {
		t.Errorf("%+v", got)
	}

	l = newLaboratory(t)
	l.AppID = "6478999999"
	if err := l.Run(t.Context(), func(doctor.Outcome) {}); err == nil || !strings.Contains(err.Error(), "nothing was tried") {
		t.Errorf("an unknown app: %v", err)
	}
}

func TestProbeWithoutATellingResponse(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]asctest.Fault{
		"a refused token": {Status: 401}, "too many requests": {Status: 429}, "a role": {Status: 403}, "an outage": {Status: 503},
		"a reset": {Kind: asctest.FaultResetBeforeHeaders}, "half a response": {Kind: asctest.FaultTruncatedBody, Status: 409},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLaboratory(t)
			fault.Operation, fault.Times = asctest.MarketplaceWebhooksCreate, -1
			l.fake.FailNext(fault)
			got := l.verdicts(t)
			if untried := with(got, doctor.NotTried); !slices.Equal(untried, []string{"empty-secret", "http-endpoint", "second-create"}) {
				t.Errorf("not tried: %q of %+v", untried, got)
			}
		})
	}
}

func TestProbeLosesAResponse(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t)
	l.BaseURL, l.PlainHTTPHost = strings.Replace(l.BaseURL, "127.0.0.1", "0.0.0.0", 1), "0.0.0.0"
	next, lost := l.Transport, false
	l.Transport = transport(func(r *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(r)
		if err == nil && r.Method == http.MethodPost && !lost {
			lost = true
			_ = response.Body.Close()
			return nil, errors.New("lost")
		}
		return response, err
	})
	got := l.verdicts(t)
	if got["http-endpoint"].Verdict != doctor.NotTried || got["second-create"].Verdict != doctor.Confirmed {
		t.Errorf("%+v", got)
	}
}

func TestProbeIsNotAlone(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t)
	next, twice := l.Transport, 0
	l.Transport = transport(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodDelete {
			response, err := next.RoundTrip(r)
			if err != nil {
				return nil, err
			}
			_ = response.Body.Close()
			twice++
		}
		return next.RoundTrip(r)
	})
	if l.verdicts(t); twice == 0 {
		t.Error("nothing was deleted")
	}
}

func TestProbeDeletesWhatNoListShows(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t)
	l.BaseURL, l.PlainHTTPHost = strings.Replace(l.BaseURL, "127.0.0.1", "0.0.0.0", 1), "0.0.0.0"
	l.Transport = edit{l.Transport, func(r *http.Request, body []byte, _ *http.Response) []byte {
		if r.Method == http.MethodGet && r.URL.Path == "/v1/marketplaceWebhooks" {
			return []byte(`{"data":[],"links":{"self":""}}`)
		}
		return body
	}}
	got := l.verdicts(t)
	if got["http-endpoint"].Verdict != doctor.Refuted || got["second-create"].Verdict != doctor.Confirmed {
		t.Errorf("%+v", got)
	}
}

func TestProbeSendsNothing(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*laboratory){
		"base URL": func(l *laboratory) { l.BaseURL = "http://apple.example" },
		"app":      func(l *laboratory) { l.AppID = "1/../2" },
		"no app":   func(l *laboratory) { l.AppID = "" },
		"key":      func(l *laboratory) { l.Key.File = "none" },
	} {
		l, sent := newLaboratory(t), 0
		l.Transport = onTheWay{l.Transport, func(*http.Request) { sent++ }}
		spoil(l)
		if err := l.Run(t.Context(), func(doctor.Outcome) {}); err == nil || sent > 0 {
			t.Errorf("%s: error %v, %d requests", name, err, sent)
		}
	}
}

func TestProbeRefusesURLs(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "http://receiver.example/", "ftp://receiver.example/", "receiver.example", "https:///x",
		"https://user@receiver.example/", "https://receiver.example/#x", "http://127.0.0.1.example/", "https://RECEIVER.example/"} {
		probe := newLaboratory(t).Probe
		probe.URL = url
		if probe.CheckURL() == nil {
			t.Errorf("%q is accepted", url)
		}
		if err := probe.Run(t.Context(), func(doctor.Outcome) {}); err == nil || !strings.Contains(err.Error(), "the URL can't be used") {
			t.Errorf("%q: the probe runs: %v", url, err)
		}
	}
	for _, url := range []string{"https://receiver.example/a?b", "http://localhost:8080/", "http://[::1]/"} {
		probe := newLaboratory(t).Probe
		if probe.URL = url; probe.CheckURL() != nil {
			t.Errorf("%q: %v", url, probe.CheckURL())
		}
	}
}

// In a test's network, the fake takes http from and to anywhere; and that refutes the fact.
