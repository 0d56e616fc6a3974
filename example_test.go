package webhooks_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

func register(ctx context.Context, secret string, opts ...wrapper.Option) error {
	key, err := auth.FindKey(auth.KeyHint{}) // ASC_KEY_ID, ASC_ISSUER_ID, ASC_PRIVATE_KEY_PATH, ...
	if err != nil {
		return err
	}
	tokens, err := auth.NewTokenSource(key)
	if err != nil {
		return err
	}
	client, err := wrapper.NewClient(tokens, opts...)
	if err != nil {
		return err
	}
	result, err := client.MarketplaceWebhooks.Ensure(ctx, wrapper.EnsureMarketplaceWebhook{
		EndpointURL: "https://marketplace.example/notifications",
		Secret:      wrapper.NewSecret(secret),
	})
	if err != nil {
		return err
	}
	fmt.Println(result.Action, result.Webhook.EndpointURL)
	return nil
}

// Register the webhook, as the README shows it, with a key that is found
// where the ecosystem's tools look.
func Example() {
	fake, err := asctest.New()
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(fake)
	defer server.Close()
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "AuthKey_"+fake.Key().ID+".p8")
	if err := os.WriteFile(file, fake.Key().PEM(), 0o600); err != nil {
		log.Fatal(err)
	}
	for name, value := range map[string]string{"ASC_KEY_ID": fake.Key().ID, "ASC_ISSUER_ID": fake.Key().IssuerID, "ASC_PRIVATE_KEY_PATH": file, "ASC_PRIVATE_KEY": ""} {
		old, set := os.LookupEnv(name)
		os.Setenv(name, value)
		defer func() {
			if os.Setenv(name, old); !set {
				os.Unsetenv(name)
			}
		}()
	}

	if err := register(context.Background(), "secret", wrapper.WithBaseURL(server.URL)); err != nil {
		log.Fatal(err)
	}
	// Output: created https://marketplace.example/notifications
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

// Receive notifications, as the README shows it.
func Example_receive() {
	err := receive("no address", "secret", func(context.Context, string, []byte) error { return nil })
	fmt.Println(err)
	// Output: listen tcp: address no address: missing port in address
}
