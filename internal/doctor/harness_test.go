package doctor_test

// An account, its receiver, and who examines it.

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/internal/doctor"
	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

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
	mu       sync.Mutex
	posted   []string          // the URLs
	network  http.RoundTripper // for the receiver, if it has one
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
		Account: doctor.Account{
			Key: auth.KeyHint{KeyID: p.key.ID, IssuerID: p.key.IssuerID, File: p.keyFile(t, p.key)}, BaseURL: p.fake.URL,
			UserAgent: "test", AppID: appID, Transport: p,
		},
		Secret: []byte(secret),
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
	p.mu.Lock()
	p.posted = append(p.posted, r.URL.String())
	p.mu.Unlock()
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
