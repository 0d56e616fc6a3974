package notification_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

// A complete receiver. It stores first and responds fast; the work comes later.
func Example() {
	receiver := func(secret []byte, store func(ctx context.Context, id string, body []byte) error) (*http.Server, error) {
		verifier, err := notification.NewVerifier(secret)
		if err != nil {
			return nil, err
		}
		handler, err := notification.NewHandler(verifier, func(ctx context.Context, n *notification.Notification) error {
			return store(ctx, n.ID, n.Raw)
		})
		if err != nil {
			return nil, err
		}
		return notification.NewServer(":8080", handler), nil
	}

	server, err := receiver([]byte("This is my secret"), func(_ context.Context, _ string, body []byte) error {
		fmt.Printf("stored %d bytes\n", len(body))
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// In place of server.ListenAndServe(), one request.
	body := `{"data":{"type":"AppUnavailable","id":"71f3b9aa"}}`
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set(notification.SignatureHeader, notification.Sign([]byte("This is my secret"), []byte(body)))
	w := httptest.NewRecorder()
	server.Handler.ServeHTTP(w, r)
	fmt.Println(w.Code)
	// Output:
	// stored 50 bytes
	// 200
}

// Without the Handler: verify the bytes exactly as received, then decode them.
func ExampleVerifier_Verify() {
	verifier, err := notification.NewVerifier([]byte("This is my secret"))
	if err != nil {
		log.Fatal(err)
	}
	const signature = "hmacsha256=7f062172b01cb00b53ca068614674a3d982a34062a0f5d37687d5e3377e54657"
	_, err = verifier.Verify([]byte("Hello, World!"), signature)
	fmt.Println(err)
	_, err = verifier.Verify([]byte("Hello, Mallory!"), signature)
	fmt.Println(errors.Is(err, notification.ErrSignatureMismatch))
	// Output:
	// <nil>
	// true
}

// While the secret is being rotated, both are accepted.
func ExampleNewVerifier() {
	verifier, err := notification.NewVerifier([]byte("new secret"), []byte("old secret"))
	if err != nil {
		log.Fatal(err)
	}
	body := []byte("{}")
	secret, err := verifier.Verify(body, notification.Sign([]byte("old secret"), body))
	fmt.Println(secret, err)
	// Output: 1 <nil>
}

// The successor's events carry their content in attributes and relationships.
func ExampleDecode() {
	n, err := notification.Decode([]byte(`{"data": {
		"type": "alternativeDistributionPackageAvailableUpdated", "version": 1, "id": "da44e419",
		"attributes": {
			"available": false, "territories": ["DEU", "FRA"], "appId": "9876543210",
			"timestamp": "2025-07-11T17:47:14.498347Z"
		},
		"relationships": {
			"instance": {"data": {"type": "alternativeDistributionPackages", "id": "2d2c0995"}},
			"marketplaceApp": {"data": {"type": "apps", "id": "1234567890"}}
		}}}`))
	if err != nil {
		log.Fatal(err)
	}
	switch event := n.Event.(type) {
	case *notification.AlternativeDistributionPackageVersionCreated:
		fmt.Println("read the package version", event.PackageVersionID)
	case *notification.AlternativeDistributionPackageAvailableUpdated:
		fmt.Println("package", event.PackageID, "available:", event.Available, event.Territories)
	case *notification.AlternativeDistributionTerritoryAvailabilityUpdated:
		fmt.Println("app", event.AppID, "available:", event.Available, event.Territories)
	case *notification.WebhookPingCreated:
		fmt.Println("the webhook works")
	default:
		fmt.Println("keep for later", n.Type, len(n.Raw))
	}
	// Output: package 2d2c0995 available: false [DEU FRA]
}

// The events of a marketplaceWebhook.
func ExampleDecode_marketplace() {
	n, err := notification.Decode([]byte(`{"data": {
		"type": "AppVersionsUnavailable", "version": 1, "id": "c2d64e0b",
		"timestamp": "2023-11-27T10:40:37.246-08:00",
		"attributes": {
			"marketplaceAppId": "1234567890", "appId": "9876543210",
			"alternativeDistributionPackageIds": ["b7c2a2de", "d90e5f6c"],
			"eventTimestamp": "2023-11-27T18:40:32.143-00:00"
		}}}`))
	if err != nil {
		log.Fatal(err)
	}
	switch event := n.Event.(type) {
	case *notification.PackageVersionAvailable:
		fmt.Println("download", event.PackageVersionID)
	case *notification.AppVersionsUnavailable:
		fmt.Println("withdraw", event.PackageIDs, "as of", event.EventTimestamp)
	case *notification.AppUnavailable:
		fmt.Println("withdraw", event.AppID)
	default:
		fmt.Println("keep for later", n.Type, len(n.Raw))
	}
	// Output: withdraw [b7c2a2de d90e5f6c] as of 2023-11-27 18:40:32.143 +0000 UTC
}

// Send a receiver under test what Apple would send.
func ExampleNew() {
	body, err := json.Marshal(notification.New(&notification.AppUnavailable{
		MarketplaceAppID: "1234567890",
		AppID:            "9876543210",
	}))
	if err != nil {
		log.Fatal(err)
	}
	signature := notification.Sign([]byte("This is my secret"), body)
	fmt.Println(len(signature))
	// Output: 75
}

// Try a receiver on every type of notification.
func ExampleExamples() {
	for _, n := range notification.Examples() {
		if event, ok := n.Event.(*notification.BuildUploadStateUpdated); ok {
			fmt.Println(n.Type, event.Old, event.New)
		}
	}
	// Output: buildUploadStateUpdated PROCESSING COMPLETE
}

func ExampleSign() {
	fmt.Println(notification.Sign([]byte("This is my secret"), []byte("Hello, World!")))
	// Output: hmacsha256=7f062172b01cb00b53ca068614674a3d982a34062a0f5d37687d5e3377e54657
}

// Serve until SIGTERM, then finish what is being handled.
func ExampleNewServer() {
	verifier, err := notification.NewVerifier([]byte("This is my secret"))
	if err != nil {
		log.Fatal(err)
	}
	handler, err := notification.NewHandler(verifier, func(context.Context, *notification.Notification) error { return nil })
	if err != nil {
		log.Fatal(err)
	}
	server := notification.NewServer("127.0.0.1:0", handler) // or ":8080"

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	stopped := make(chan error, 1)
	context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 41*time.Second)
		defer cancel()
		stopped <- server.Shutdown(ctx)
	})
	stop() // as SIGTERM would
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	fmt.Println(<-stopped)
	// Output: <nil>
}

// Every option.
func ExampleNewHandler() {
	verifier, err := notification.NewVerifier([]byte("This is my secret"))
	if err != nil {
		log.Fatal(err)
	}
	_, err = notification.NewHandler(verifier,
		func(context.Context, *notification.Notification) error { return nil },
		notification.WithMaxBodySize(1<<20),
		notification.WithTimeout(5*time.Second),
		notification.WithDeduplicator(&inbox{}),
		notification.WithMalformed(func(_ context.Context, body []byte) error {
			fmt.Printf("set aside %d bytes\n", len(body))
			return nil
		}),
		notification.WithObserver(func(context.Context, notification.Outcome) {}),
		notification.WithLogger(slog.New(slog.DiscardHandler)),
	)
	fmt.Println(err)
	// Output: <nil>
}

// Count what arrives by its outcome, and log the cause of what failed.
func ExampleWithObserver() {
	verifier, err := notification.NewVerifier([]byte("This is my secret"))
	if err != nil {
		log.Fatal(err)
	}
	handler, err := notification.NewHandler(verifier,
		func(context.Context, *notification.Notification) error { return errors.New("disk full") },
		notification.WithLogger(slog.New(slog.DiscardHandler)),
		notification.WithObserver(func(_ context.Context, o notification.Outcome) {
			fmt.Println(o.Kind, o.Status, o.Err)
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	body := `{"data":{"type":"AppUnavailable","id":"71f3b9aa"}}`
	for _, secret := range []string{"This is my secret", "somebody else's"} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set(notification.SignatureHeader, notification.Sign([]byte(secret), []byte(body)))
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	// Output:
	// failed 500 disk full
	// refused 401 notification: the signature was made with another secret or for another body
}

// Catch up after downtime: give the handler the payloads of the deliveries
// that failed. What has been handled before is not handled again.
func ExampleHandler_Handle() {
	verifier, err := notification.NewVerifier([]byte("This is my secret"))
	if err != nil {
		log.Fatal(err)
	}
	handler, err := notification.NewHandler(verifier, func(_ context.Context, n *notification.Notification) error {
		fmt.Println("handled", n.ID)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, payload := range []string{
		`{"data":{"type":"webhookPingCreated","id":"1"}}`,
		`{"data":{"type":"webhookPingCreated","id":"1"}}`,
		`cut off`,
		`{"data":{"type":"webhookPingCreated","id":"2"}}`,
	} {
		err := handler.Handle(context.Background(), []byte(payload))
		if errors.Is(err, notification.ErrMalformed) {
			fmt.Println("set aside", payload) // no later attempt would succeed
		} else if err != nil {
			log.Fatal(err) // it may be given again
		}
	}
	// Output:
	// handled 1
	// set aside cut off
	// handled 2
}
