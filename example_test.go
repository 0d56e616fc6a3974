package webhooks_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// The functions of this file are what README.md shows.

func connect() (*wrapper.Client, error) {
	key, err := auth.FindKey(auth.KeyHint{}) // ASC_KEY_ID, ASC_ISSUER_ID, ASC_PRIVATE_KEY_PATH, ...
	if err != nil {
		return nil, err
	}
	tokens, err := auth.NewTokenSource(key)
	if err != nil {
		return nil, err
	}
	return wrapper.NewClient(tokens)
}

func register(ctx context.Context, client *wrapper.Client, secret string) (wrapper.EnsureResult[wrapper.MarketplaceWebhook], error) {
	result, err := client.MarketplaceWebhooks.Ensure(ctx, wrapper.MarketplaceWebhookParams{
		EndpointURL: "https://marketplace.example/notifications",
		Secret:      wrapper.NewSecret(secret),
	})
	return result, err
}

func receive(addr, secret string, store func(ctx context.Context, id string, raw []byte) error) error {
	verifier, err := notification.NewVerifier([]byte(secret))
	if err != nil {
		return err
	}
	handler, err := notification.NewHandler(verifier, func(ctx context.Context, n *notification.Notification) error {
		return store(ctx, n.ID, n.Raw) // a 2xx is answered only after this has returned nil
	})
	if err != nil {
		return err
	}
	return notification.NewServer(addr, handler).ListenAndServe()
}

func TestReadmeConnects(t *testing.T) {
	key := asctest.NewKey(t)
	file := filepath.Join(t.TempDir(), "AuthKey_"+key.ID+".p8")
	if err := os.WriteFile(file, key.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ASC_KEY_ID", key.ID)
	t.Setenv("ASC_ISSUER_ID", key.IssuerID)
	t.Setenv("ASC_PRIVATE_KEY", "")
	t.Setenv("ASC_PRIVATE_KEY_PATH", file)
	if _, err := connect(); err != nil {
		t.Error(err)
	}
}

func TestReadmeRegisters(t *testing.T) {
	server := asctest.NewServer(t) // App Store Connect in memory, closed when the test ends
	tokens, err := auth.NewTokenSource(auth.Key(server.Key()))
	if err != nil {
		t.Fatal(err)
	}
	client, err := wrapper.NewClient(tokens, wrapper.WithBaseURL(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	server.FailNext(asctest.Fault{Operation: asctest.Create, Status: 503, Applied: true}) // and the answer is lost
	result, err := register(t.Context(), client, "secret")
	if err != nil || result.Action != wrapper.EnsureUpdated || result.Webhook.EndpointURL != "https://marketplace.example/notifications" {
		t.Errorf("got %+v, %v", result, err)
	}
}

// A service that listens, as README.md shows it; here on no address.
func Example() {
	err := receive("no address", "secret", func(context.Context, string, []byte) error { return nil })
	fmt.Println(err)
	// Output: listen tcp: address no address: missing port in address
}
