package webhooks_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// README.md shows the function and the test below; the service that it shows is examples/service.

func keepMarketplaceWebhook(ctx context.Context, client *wrapper.Client, url, secret string) error {
	return client.MarketplaceWebhooks.KeepUp(ctx, wrapper.MarketplaceWebhookParams{
		EndpointURL: url,
		Secret:      wrapper.NewSecret(secret),
	}, wrapper.KeepUpOptions{})
}

func TestLosesNothing(t *testing.T) {
	server := asctest.NewServer(t, asctest.WithApp("6446048195")) // closed when the test ends
	tokens, err := auth.NewTokenSource(auth.Key(server.Key()))
	if err != nil {
		t.Fatal(err)
	}
	client, err := wrapper.NewClient(tokens, wrapper.WithBaseURL(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	// The create takes effect, but the response is 503.
	server.FailNext(asctest.Fault{Operation: asctest.WebhooksCreate, Status: 503, Applied: true})
	_, err = client.Webhooks.Ensure(t.Context(), "6446048195", wrapper.WebhookParams{
		Name:       "service",
		URL:        "https://marketplace.example/notifications",
		Secret:     wrapper.NewSecret("secret"),
		EventTypes: wrapper.MarketplaceEvents(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := len(server.State().Webhooks); got != 1 {
		t.Errorf("%d webhooks are registered, want 1", got)
	}
}

// TestKeepsTheMarketplaceWebhook: it is registered, and registered again when somebody has deleted it.
func TestKeepsTheMarketplaceWebhook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := asctest.NewPipeServer(t)
		tokens, err := auth.NewTokenSource(auth.Key(server.Key()))
		if err != nil {
			t.Fatal(err)
		}
		client, err := wrapper.NewClient(tokens, wrapper.WithBaseURL(server.URL), wrapper.WithHTTPClient(server.Client()))
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- keepMarketplaceWebhook(ctx, client, "https://marketplace.example/n", "secret") }()
		for range 2 {
			time.Sleep(10 * time.Minute)
			if webhook, ok := server.MarketplaceWebhook(); !ok || webhook.EndpointURL != "https://marketplace.example/n" {
				t.Errorf("registered: %+v", webhook)
			}
			if err := server.Update(func(s *asctest.State) { s.MarketplaceWebhook = nil }); err != nil {
				t.Fatal(err)
			}
		}
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}
