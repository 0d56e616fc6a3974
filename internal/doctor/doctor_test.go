package doctor_test

// Each fault that keeps notifications away, and what doctor says of it. The
// output is in docs/doctor.md.

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/internal/doctor"
	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

var update = flag.Bool("update", false, "write docs/doctor.md")

const (
	appID       = "6478000000"
	webhookID   = "8c1d6a0e-36cb-4f3b-9d3f-5b8a7f0c2e11"
	endpointURL = "https://marketplace.example/notifications?key=canary-query"
	secret      = "canary-secret"
	issuerID    = "57246542-96fe-1a63-e053-0824d011072a"
)

// patient is an account that is well, with its receiver, and who examines it.
type patient struct {
	doctor.Doctor
	key      asctest.Key
	fake     *asctest.Server
	receiver atomic.Pointer[http.Handler] // nil: down
	posted   []string                     // the URLs
	network  http.RoundTripper            // for the receiver, if it has one
}

func signer(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newPatient(t *testing.T, opts ...asctest.Option) *patient {
	t.Helper()
	return newPatientOn(t, asctest.NewServer, asctest.Key{ID: "2X9R4HXF34", IssuerID: issuerID, Signer: signer(t)}, opts...)
}

// newServer is asctest.NewServer or asctest.NewPipeServer.
type newServer func(asctest.TB, ...asctest.Option) *asctest.Server

func newPatientOn(t *testing.T, serve newServer, key asctest.Key, opts ...asctest.Option) *patient {
	t.Helper()
	p := &patient{key: key}
	p.fake = serve(t, append([]asctest.Option{p.key, asctest.WithApp(appID),
		asctest.Webhook{ID: webhookID, AppID: appID, Name: "notifications", URL: endpointURL, Secret: secret,
			EventTypes: []string{"BUILD_UPLOAD_STATE_UPDATED"}, Enabled: true},
		asctest.Settings{DeliveryTransport: p, Logger: slog.New(slog.DiscardHandler)},
	}, opts...)...)
	p.receive(genuine(t, secret))
	p.Doctor = doctor.Doctor{
		Key: auth.KeyHint{KeyID: p.key.ID, IssuerID: p.key.IssuerID, File: p.keyFile(t, p.key)}, BaseURL: p.fake.URL,
		UserAgent: "test", AppID: appID, Secret: []byte(secret), Transport: p,
	}
	return p
}

func (p *patient) keyFile(t *testing.T, key asctest.Key) string {
	path := filepath.Join(t.TempDir(), "AuthKey_"+key.ID+".p8")
	if err := os.WriteFile(path, key.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// RoundTrip reaches the fake over loopback and the receiver without a network.
func (p *patient) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.String(), p.fake.URL) {
		return p.fake.Client().Transport.RoundTrip(r)
	}
	p.posted = append(p.posted, r.URL.String())
	if p.network != nil {
		return p.network.RoundTrip(r)
	}
	handler := p.receiver.Load()
	if handler == nil {
		return nil, errors.New("dial tcp: connection refused")
	}
	w := httptest.NewRecorder()
	(*handler).ServeHTTP(w, r)
	return w.Result(), nil
}

func (p *patient) receive(handler http.Handler) { p.receiver.Store(&handler) }

// genuine is a receiver that knows one secret.
func genuine(t *testing.T, secret string) http.Handler {
	t.Helper()
	verifier, err := notification.NewVerifier([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	accept := func(context.Context, *notification.Notification) error { return nil }
	handler, err := notification.NewHandler(verifier, accept, notification.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

func always(status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
}

func (p *patient) examine(t *testing.T) (findings []doctor.Finding) {
	t.Helper()
	p.Examine(t.Context(), func(f doctor.Finding) { findings = append(findings, f) })
	for _, f := range findings {
		if text := fmt.Sprint(f); strings.Contains(text, "canary") || strings.Contains(text, "eyJ") {
			t.Errorf("shows a secret, a token or a query: %s", text)
		}
	}
	for _, url := range p.posted {
		if url != endpointURL {
			t.Errorf("posted to %s, which is not registered", url)
		}
	}
	return findings
}

// wrong are the findings that are neither ok nor skipped.
func wrong(findings []doctor.Finding) []doctor.Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f doctor.Finding) bool {
		return f.Status == doctor.OK || f.Status == doctor.Skipped
	})
}

// faults are each of the ways in which an account can be ill.
var faults = []struct {
	name  string
	check string // the only one that says so
	ill   func(t *testing.T) *patient
}{
	{"private key of another key", "token", func(t *testing.T) *patient {
		p := newPatient(t)
		other := p.key
		other.Signer = signer(t)
		p.Key.File = p.keyFile(t, other)
		return p
	}},
	{"wrong issuer", "token", func(t *testing.T) *patient {
		p := newPatient(t)
		p.Key.IssuerID = "57246542-96fe-1a63-e053-000000000000"
		return p
	}},
	{"revoked key", "token", func(t *testing.T) *patient {
		p := newPatient(t)
		_ = p.fake.Update(func(s *asctest.State) { s.Keys = []asctest.Key{{}} })
		return p
	}},
	{"individual key with an issuer", "token", func(t *testing.T) *patient {
		p := newPatientOn(t, asctest.NewServer, asctest.Key{ID: "2X9R4HXF34", Signer: signer(t)})
		p.Key.IssuerID = issuerID
		return p
	}},
	{"clock 10 minutes off", "clock", func(t *testing.T) *patient {
		return newPatient(t, asctest.Settings{Skew: -10 * time.Minute})
	}},
	{"role too low", "role", func(t *testing.T) *patient {
		p := newPatient(t)
		p.fake.FailNext(asctest.Fault{Status: 403, Times: -1})
		return p
	}},
	{"agreement missing", "agreements", func(t *testing.T) *patient {
		p := newPatient(t)
		p.fake.FailNext(asctest.Fault{Status: 403, Code: "FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED", Times: -1})
		return p
	}},
	{"rate limit gone", "rate limit", func(t *testing.T) *patient {
		p := newPatient(t)
		p.fake.FailNext(asctest.Fault{Status: 429, Header: http.Header{"Retry-After": {"1200"}}, Times: -1})
		return p
	}},
	{"unknown app", "app", func(t *testing.T) *patient {
		p := newPatient(t)
		p.AppID = "6478999999"
		return p
	}},
	{"webhook disabled", "webhook", func(t *testing.T) *patient {
		p := newPatient(t)
		_ = p.fake.Update(func(s *asctest.State) { s.Webhooks[0].Enabled = false })
		return p
	}},
	{"wrong secret at the receiver", "ping", func(t *testing.T) *patient {
		p := newPatient(t)
		p.receive(genuine(t, "another secret"))
		return p
	}},
	{"receiver that takes forgeries", "forgery", func(t *testing.T) *patient {
		p := newPatient(t)
		p.receive(always(http.StatusOK))
		return p
	}},
	{"receiver down", "endpoint", func(t *testing.T) *patient {
		p := newPatient(t)
		p.receiver.Store(nil)
		return p
	}},
	{"certificate expired", "endpoint", func(t *testing.T) *patient {
		p := newPatient(t)
		p.network = expired(t, genuine(t, secret))
		return p
	}},
	{"300 failed deliveries", "deliveries", func(t *testing.T) *patient {
		p := newPatient(t)
		p.fail(t, 300)
		return p
	}},
	{"old resource still there", "old webhook", func(t *testing.T) *patient {
		return newPatient(t, asctest.MarketplaceWebhook{EndpointURL: endpointURL, Secret: secret})
	}},
}

// fail has n events refused by the receiver, which recovers afterwards.
func (p *patient) fail(t *testing.T, n int) {
	t.Helper()
	recovered := p.receiver.Load()
	p.receive(always(http.StatusBadGateway))
	for range n {
		event := sample.Event("buildUploadStateUpdated")
		if status, err := p.fake.Notify(t.Context(), event); err != nil || status != http.StatusBadGateway {
			t.Fatal(status, err)
		}
	}
	p.receiver.Store(recovered)
	p.posted = nil
}

// expired reaches a TLS server on loopback whose certificate is no longer valid.
func expired(t *testing.T, handler http.Handler) http.RoundTripper {
	t.Helper()
	key := signer(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"marketplace.example"},
		NotBefore: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
		},
	}
}

func TestExamineNamesTheFaultAndNoOther(t *testing.T) {
	t.Parallel()
	outputs := make([]string, len(faults))
	t.Run("faults", func(t *testing.T) {
		for i, fault := range faults {
			t.Run(fault.name, func(t *testing.T) {
				t.Parallel()
				p := fault.ill(t)
				findings := wrong(p.examine(t))
				if len(findings) != 1 || findings[0].Check != fault.check || findings[0].Advice == "" {
					t.Errorf("named %+v, want only %s", findings, fault.check)
				}
				for _, f := range findings {
					outputs[i] += "| " + fault.name + " | " + string(f.Status) + " | " + f.Check + " | " + f.Found + " | " + f.Advice + " |\n"
				}
			})
		}
	})
	checkPage(t, strings.Join(outputs, ""))
}

// checkPage compares the table in docs/doctor.md, or writes it with -update.
func checkPage(t *testing.T, table string) {
	t.Helper()
	const path, begin, end = "../../docs/doctor.md", "| what is wrong | status | check | found | what to do |\n|---|---|---|---|---|\n", "\n"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(page), begin)
	got, after, foundEnd := strings.Cut(rest, "|\n"+end)
	if !found || !foundEnd {
		t.Fatalf("%s has no such table", path)
	}
	if *update {
		if err := os.WriteFile(path, []byte(before+begin+table+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if got+"|\n" != table {
		t.Errorf("%s has another table (go test ./internal/doctor -update writes it):\n%s\nwant:\n%s", path, got, table)
	}
}

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

// client calls the fake for a test.
func (p *patient) client(t *testing.T) *wrapper.Client {
	t.Helper()
	tokens, err := auth.NewTokenSource(auth.Key(p.key))
	if err != nil {
		t.Fatal(err)
	}
	client, err := wrapper.NewClient(tokens, wrapper.WithBaseURL(p.fake.URL), wrapper.WithHTTPClient(p.fake.Client()))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// redeliverAll has each failed event delivered again.
func (p *patient) redeliverAll(t *testing.T) (n int, err error) {
	t.Helper()
	client := p.client(t)
	filter := wrapper.DeliveryFilter{States: []wrapper.DeliveryState{wrapper.DeliveryFailed}}
	for d, err := range client.Webhooks.Deliveries(t.Context(), webhookID, filter) {
		if err != nil {
			return n, err
		}
		if _, err := client.Webhooks.Redeliver(t.Context(), d.ID); err != nil {
			return n, err
		}
		n++
	}
	p.fake.Wait()
	return n, nil
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
