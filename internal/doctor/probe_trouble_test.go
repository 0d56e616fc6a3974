package doctor_test

// What the probes make of trouble.

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
