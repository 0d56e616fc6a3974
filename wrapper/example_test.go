package wrapper_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// sandbox stands in for App Store Connect in the examples.
func sandbox() (fake *asctest.Handler, server *httptest.Server, tokens *auth.TokenSource) {
	fake, err := asctest.New()
	if err != nil {
		log.Fatal(err)
	}
	tokens, err = auth.NewTokenSource(auth.Key(fake.Key()))
	if err != nil {
		log.Fatal(err)
	}
	return fake, httptest.NewServer(fake), tokens
}

// sandboxClient is a client of a sandbox with a webhook.
func sandboxClient(opts ...wrapper.Option) (fake *asctest.Handler, client *wrapper.Client, stop func()) {
	fake, server, tokens := sandbox()
	register(fake, asctest.MarketplaceWebhook{
		ID: "c74970b8-6be0-40fa-8f51-8e1532005635", EndpointURL: "https://marketplace.example/notifications", Secret: "old",
	})
	client, err := wrapper.NewClient(tokens, append(opts, wrapper.WithBaseURL(server.URL))...)
	if err != nil {
		log.Fatal(err)
	}
	return fake, client, server.Close
}

func ExampleNewClient() {
	_, server, tokens := sandbox() // in your service: tokens, err := auth.NewTokenSource(key)
	defer server.Close()

	client, err := wrapper.NewClient(tokens, wrapper.WithBaseURL(server.URL)) // without the option: App Store Connect
	if err != nil {
		log.Fatal(err)
	}
	webhooks, err := client.MarketplaceWebhooks.List(context.Background())
	fmt.Println(len(webhooks), err)
	// Output: 0 <nil>
}

func ExampleMarketplaceWebhooks_Get() {
	_, client, stop := sandboxClient()
	defer stop()

	webhook, err := client.MarketplaceWebhooks.Get(context.Background())
	if errors.Is(err, wrapper.ErrNotFound) {
		fmt.Println("nothing is registered")
		return
	}
	fmt.Println(webhook.EndpointURL, err)
	// Output: https://marketplace.example/notifications <nil>
}

func ExampleMarketplaceWebhooks_List() {
	_, client, stop := sandboxClient()
	defer stop()

	webhooks, err := client.MarketplaceWebhooks.List(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, webhook := range webhooks {
		fmt.Println(webhook.ID, webhook.EndpointURL)
	}
	// Output: c74970b8-6be0-40fa-8f51-8e1532005635 https://marketplace.example/notifications
}

func ExampleMarketplaceWebhooks_Create() {
	_, client, stop := sandboxClient()
	defer stop()

	_, err := client.MarketplaceWebhooks.Create(context.Background(), wrapper.MarketplaceWebhookParams{
		EndpointURL: "https://marketplace.example/notifications",
		Secret:      wrapper.NewSecret("at least as long as the MAC: 32 bytes"),
	})
	if unknown, ok := errors.AsType[*wrapper.OutcomeUnknownError](err); ok {
		log.Fatal("look before trying again: ", unknown)
	}
	fmt.Println("there is one already:", errors.Is(err, wrapper.ErrConflict))
	// Output: there is one already: true
}

func ExampleMarketplaceWebhooks_Update() {
	_, client, stop := sandboxClient()
	defer stop()

	ctx := context.Background()
	webhook, err := client.MarketplaceWebhooks.Get(ctx)
	if err != nil {
		log.Fatal(err)
	}
	webhook, err = client.MarketplaceWebhooks.Update(ctx, webhook.ID, wrapper.MarketplaceWebhookParams{
		Secret: wrapper.NewSecret("the new one"), // the URL stays
	})
	fmt.Println(webhook.EndpointURL, err)
	// Output: https://marketplace.example/notifications <nil>
}

func ExampleMarketplaceWebhooks_Delete() {
	_, client, stop := sandboxClient()
	defer stop()

	ctx, id := context.Background(), "c74970b8-6be0-40fa-8f51-8e1532005635"
	fmt.Println(client.MarketplaceWebhooks.Delete(ctx, id))
	fmt.Println("gone:", errors.Is(client.MarketplaceWebhooks.Delete(ctx, id), wrapper.ErrNotFound))
	// Output:
	// <nil>
	// gone: true
}

func ExampleMarketplaceWebhooks_Ensure() {
	_, client, stop := sandboxClient()
	defer stop()

	result, err := client.MarketplaceWebhooks.Ensure(context.Background(), wrapper.MarketplaceWebhookParams{
		EndpointURL: "https://marketplace.example/v2/notifications",
		Secret:      wrapper.NewSecret("the secret that every receiver knows"),
	})
	if other, ok := errors.AsType[*wrapper.OtherEndpointError](err); ok {
		fmt.Println("taken:", other.URL) // Update moves it
		return
	}
	fmt.Println(result.Action, err)
	// Output: taken: https://marketplace.example/notifications
}

func ExampleNewSecret() {
	secret := wrapper.NewSecret("do not print this")
	fmt.Printf("%v %+v %q\n", secret, struct{ S wrapper.Secret }{secret}, secret)
	// Output: [redacted] {S:[redacted]} [redacted]
}

func ExampleWithRetry() {
	retry := wrapper.Retry{Attempts: 2, Timeout: 5 * time.Second, Backoff: time.Millisecond}
	fake, client, stop := sandboxClient(wrapper.WithRetry(retry))
	defer stop()
	fake.FailNext(asctest.Fault{Status: 503, Times: -1})

	_, err := client.MarketplaceWebhooks.List(context.Background())
	fmt.Println(err)
	fmt.Println(len(fake.Exchanges()), "attempts")
	// Output:
	// wrapper: GET /v1/marketplaceWebhooks: 503 UNEXPECTED_ERROR: This fault was asked for [request asctest-2]
	// 2 attempts
}

func ExampleWithLogger() {
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn}))
	fake, client, stop := sandboxClient(wrapper.WithLogger(logger), wrapper.WithRetry(wrapper.Retry{Backoff: time.Millisecond}))
	defer stop()
	fake.FailNext(asctest.Fault{Status: 503})

	_, err := client.MarketplaceWebhooks.List(context.Background())
	fmt.Println(err, bytes.Contains(out.Bytes(), []byte(`level=WARN msg=retry operation=marketplaceWebhooks_getCollection`)))
	// Output: <nil> true
}

func ExampleWithHTTPClient() {
	// A proxy, client certificates or instrumentation, by way of the transport.
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxConnsPerHost = 4
	_, client, stop := sandboxClient(wrapper.WithHTTPClient(&http.Client{Transport: transport}))
	defer stop()

	_, err := client.MarketplaceWebhooks.List(context.Background())
	fmt.Println(err)
	// Output: <nil>
}

func ExampleWithUserAgent() {
	fake, client, stop := sandboxClient(wrapper.WithUserAgent("example-marketplace/1.4"))
	defer stop()

	_, err := client.MarketplaceWebhooks.List(context.Background())
	fmt.Println(fake.Exchanges()[0].Header.Get("User-Agent"), err)
	// Output: example-marketplace/1.4 <nil>
}

func ExampleWithBaseURL() {
	_, err := wrapper.NewClient(new(auth.TokenSource), wrapper.WithBaseURL("http://proxy.example"))
	fmt.Println(err)
	// Output: wrapper: base URL must be https (or http on a loopback host): a bearer token travels over TLS only
}

func ExampleClient_RateLimit() {
	_, client, stop := sandboxClient()
	defer stop()

	if _, err := client.MarketplaceWebhooks.List(context.Background()); err != nil {
		log.Fatal(err)
	}
	if limit, ok := client.RateLimit(); ok && limit.Hour.RemainingKnown {
		fmt.Println(limit.Hour.Remaining, "of", limit.Hour.Limit, "requests are left in this hour")
	}
	// Output: 3499 of 3500 requests are left in this hour
}

func ExampleWithPlainHTTP() {
	_, err := wrapper.NewClient(new(auth.TokenSource),
		wrapper.WithBaseURL("http://sandbox:8080"), // another container of a test
		wrapper.WithPlainHTTP("sandbox"))
	fmt.Println(err)
	// Output: <nil>
}
