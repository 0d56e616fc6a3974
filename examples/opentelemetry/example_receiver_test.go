package opentelemetry_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"time"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/examples/opentelemetry"
	"github.com/ascmarketplace/webhooks/notification"
)

// A notification arrives, and its function's span is below its own.
func ExampleNewReceiver() {
	exporter := tracetest.NewInMemoryExporter() // in your service: one that sends
	tracers := trace.NewTracerProvider(trace.WithSyncer(exporter))
	meters := metric.NewMeterProvider() // in your service: with a reader

	const secret = "known to App Store Connect and to us"
	verifier, err := notification.NewVerifier([]byte(secret))
	if err != nil {
		log.Fatal(err)
	}
	receiver, err := opentelemetry.NewReceiver(tracers, meters, verifier,
		func(context.Context, *notification.Notification) error { return nil }) // in your service: store it
	if err != nil {
		log.Fatal(err)
	}
	queue, err := opentelemetry.ObserveQueue(meters,
		func(context.Context) (int64, time.Duration, error) { return 0, 0, nil }) // in your service: ask the inbox
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = queue.Unregister() }()

	fake, err := asctest.New()
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(receiver)
	_ = fake.Update(func(s *asctest.State) {
		s.MarketplaceWebhook = new(asctest.MarketplaceWebhook{EndpointURL: server.URL, Secret: secret})
	})
	fmt.Println(fake.Notify(context.Background(), &notification.AppUnavailable{MarketplaceAppID: "1", AppID: "2"}))
	server.Close() // the span of a request ends after its response

	for _, span := range exporter.GetSpans() {
		fmt.Println(span.Name)
	}
	// Output:
	// 200 <nil>
	// process notification
	// receive notification
}
