package opentelemetry_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// Each attempt is a span below the caller's own.
func Example() {
	exporter := tracetest.NewInMemoryExporter() // in your service: one that sends
	provider := trace.NewTracerProvider(trace.WithSyncer(exporter))
	traced := &http.Client{
		Transport: otelhttp.NewTransport(http.DefaultTransport, otelhttp.WithTracerProvider(provider)),
	}

	fake, err := asctest.New()
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(fake)
	defer server.Close()
	tokens, err := auth.NewTokenSource(auth.Key(fake.Key()))
	if err != nil {
		log.Fatal(err)
	}
	client, err := wrapper.NewClient(tokens, wrapper.WithHTTPClient(traced),
		wrapper.WithBaseURL(server.URL), wrapper.WithRetry(wrapper.Retry{Backoff: time.Millisecond}))
	if err != nil {
		log.Fatal(err)
	}

	fake.FailNext(asctest.Fault{Status: http.StatusServiceUnavailable})
	ctx, register := provider.Tracer("marketplace").Start(context.Background(), "register")
	_, err = client.MarketplaceWebhooks.Ensure(ctx, wrapper.MarketplaceWebhookParams{
		EndpointURL: "https://marketplace.example/notifications",
		Secret:      wrapper.NewSecret("known to App Store Connect and to us"),
	})
	register.End()

	fmt.Println(err)
	for _, span := range exporter.GetSpans() {
		if span.Parent.SpanID() == register.SpanContext().SpanID() {
			fmt.Print("  ")
		}
		fmt.Println(span.Name)
		for _, a := range span.Attributes {
			if a.Key == "http.response.status_code" {
				fmt.Println("    responded", a.Value.AsInt64())
			}
		}
	}
	// Output:
	// <nil>
	//   HTTP GET
	//     responded 503
	//   HTTP GET
	//     responded 200
	//   HTTP POST
	//     responded 201
	// register
}
