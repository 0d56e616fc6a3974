package opentelemetry_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// tokensSent notes the tokens that go out below the instrumentation.
type tokensSent struct {
	mu     sync.Mutex
	tokens []string
}

func (s *tokensSent) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.tokens = append(s.tokens, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	s.mu.Unlock()
	return http.DefaultTransport.RoundTrip(r)
}

// No span holds a token or the secret, whatever the response.
func TestSpansHoldNoSecret(t *testing.T) {
	secret := rand.Text()
	exporter := tracetest.NewInMemoryExporter()
	provider := trace.NewTracerProvider(trace.WithSyncer(exporter))
	sent := &tokensSent{}
	fake := asctest.NewServer(t)
	tokens, err := auth.NewTokenSource(auth.Key(fake.Key()))
	if err != nil {
		t.Fatal(err)
	}
	client, err := wrapper.NewClient(tokens, wrapper.WithBaseURL(fake.URL),
		wrapper.WithRetry(wrapper.Retry{Attempts: 2, Timeout: 100 * time.Millisecond, Backoff: time.Millisecond}),
		wrapper.WithHTTPClient(&http.Client{Transport: otelhttp.NewTransport(sent, otelhttp.WithTracerProvider(provider))}))
	if err != nil {
		t.Fatal(err)
	}

	faults := []asctest.Fault{{Status: 401}, {Status: 401, Times: 2}}
	for _, kind := range asctest.FaultKinds() {
		faults = append(faults, asctest.Fault{Kind: kind, Delay: 10 * time.Millisecond})
	}
	for _, fault := range faults {
		_ = fake.Update(func(s *asctest.State) { s.MarketplaceWebhook = nil })
		fault.Operation = asctest.MarketplaceWebhooksCreate
		fake.FailNext(fault)
		_, _ = client.MarketplaceWebhooks.Create(t.Context(), wrapper.MarketplaceWebhookParams{
			EndpointURL: "https://marketplace.example/notifications", Secret: wrapper.NewSecret(secret),
		})
		_ = fake.Update(func(s *asctest.State) { s.Faults = nil })
	}

	spans := exporter.GetSpans()
	if len(spans) < len(faults) || len(sent.tokens) != len(spans) {
		t.Fatalf("%d spans for %d calls and %d requests", len(spans), len(faults), len(sent.tokens))
	}
	secrets := append(sent.tokens, secret)
	for _, span := range spans {
		text := fmt.Sprintf("%+v", span) // name, attributes, events, status
		if !strings.Contains(text, fake.URL) {
			t.Fatalf("the attributes' values are not looked at: %s", text)
		}
		for _, s := range secrets {
			if s == "" || strings.Contains(text, s) {
				t.Errorf("span %s holds a token or the secret", span.Name)
			}
		}
	}
}
