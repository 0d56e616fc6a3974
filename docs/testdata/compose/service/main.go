// Command service is the service of compose.yaml: it keeps its webhook registered and receives notifications.
package main

import (
	"context"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

func main() {
	client, err := connect()
	if err != nil {
		log.Fatal(err)
	}
	secret := os.Getenv("ASC_WEBHOOK_SECRET")
	verifier, err := notification.NewVerifier([]byte(secret))
	if err != nil {
		log.Fatal(err)
	}
	handler, err := notification.NewHandler(verifier, func(_ context.Context, n *notification.Notification) error {
		log.Print("received ", n.Type)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		log.Print(client.Webhooks.KeepUp(context.Background(), os.Getenv("ASC_APP_ID"), wrapper.WebhookParams{
			Name:       "service",
			URL:        os.Getenv("WEBHOOK_URL"),
			Secret:     wrapper.NewSecret(secret),
			EventTypes: wrapper.AllEvents(),
		}, handler.Handle, wrapper.KeepUpOptions{Every: time.Second})) // 5 minutes where it is no test
	}()
	mux := http.NewServeMux()
	mux.Handle("/", handler)
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	log.Fatal(notification.NewServer(":3000", mux).ListenAndServe())
}

func connect() (*wrapper.Client, error) {
	key, err := auth.FindKey(auth.KeyHint{})
	if err != nil {
		return nil, err
	}
	tokens, err := auth.NewTokenSource(key)
	if err != nil {
		return nil, err
	}
	var opts []wrapper.Option
	if baseURL := os.Getenv("ASC_BASE_URL"); baseURL != "" {
		opts = append(opts, wrapper.WithBaseURL(baseURL))
	}
	if host := os.Getenv("ASC_PLAIN_HTTP_HOST"); host != "" { // in tests only
		opts = append(opts, wrapper.WithPlainHTTP(host))
	}
	return wrapper.NewClient(tokens, opts...)
}
