package docs_test

// What upgrading.md shows: a marketplace moves to the successor.

import (
	"context"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

func registerSuccessor(ctx context.Context, client *wrapper.Client, appID, url, secret string) (id string, err error) {
	result, err := client.Webhooks.Ensure(ctx, appID, wrapper.WebhookParams{
		Name:       "marketplace",
		URL:        url,
		Secret:     wrapper.NewSecret(secret),
		EventTypes: wrapper.MarketplaceEvents(),
	})
	if err != nil {
		return "", err
	}
	return result.Webhook.ID, client.Webhooks.Ping(ctx, result.Webhook.ID)
}

func catchUp(
	ctx context.Context, client *wrapper.Client, webhookID string, since time.Time, handler *notification.Handler,
) (next time.Time, err error) {
	return client.Webhooks.CatchUp(ctx, webhookID, since, handler.Handle)
}

func TestMoveToTheSuccessor(t *testing.T) {
	t.Parallel()
	const app = "6477361842"
	verifier, err := notification.NewVerifier([]byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	var received []string
	handler, err := notification.NewHandler(verifier, func(_ context.Context, n *notification.Notification) error {
		received = append(received, n.Type)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	endpoint := httptest.NewServer(handler)
	server := asctest.NewServer(t, asctest.WithApp(app))
	client := clientOf(t, server)

	id, err := registerSuccessor(t.Context(), client, app, endpoint.URL, "secret")
	if err != nil {
		t.Fatal(err)
	}
	server.Wait()
	endpoint.Close() // the receiver is down
	created := notification.New(&notification.AlternativeDistributionPackageVersionCreated{
		MarketplaceAppID: app, AppID: "6478123456", PackageVersionID: "7d1e",
	})
	if _, err := server.NotifyWebhooks(t.Context(), app, created); err != nil {
		t.Fatal(err)
	}
	server.Wait()
	if _, err := catchUp(t.Context(), client, id, time.Time{}, handler); err != nil {
		t.Fatal(err)
	}
	want := []string{"webhookPingCreated", "alternativeDistributionPackageVersionCreated"}
	if !slices.Equal(received, want) {
		t.Errorf("got %v, want %v", received, want)
	}
}
