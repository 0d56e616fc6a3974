package wrapper_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// webhookSandbox is a client of a sandbox in which the app has a webhook.
func webhookSandbox() (fake *asctest.Handler, client *wrapper.Client, webhookID string, stop func()) {
	fake, server, tokens := sandbox()
	webhook := asctest.Webhook{
		ID: "builds", AppID: "6446048195", Name: "builds", URL: "https://ci.example/notifications", Secret: "old", Enabled: true,
		EventTypes: []string{string(wrapper.EventBuildUploadStateUpdated)},
	}
	err := fake.Update(func(s *asctest.State) {
		s.Apps, s.Webhooks = []string{webhook.AppID}, []asctest.Webhook{webhook}
	})
	if err != nil {
		log.Fatal(err)
	}
	client, err = wrapper.NewClient(tokens, wrapper.WithBaseURL(server.URL))
	if err != nil {
		log.Fatal(err)
	}
	return fake, client, webhook.ID, func() { server.Close(); _ = fake.Close() }
}

func ExampleWebhooks_Ensure() {
	_, client, _, stop := webhookSandbox()
	defer stop()

	result, err := client.Webhooks.Ensure(context.Background(), "6446048195", wrapper.WebhookParams{
		Name:       "marketplace notifications",
		URL:        "https://marketplace.example/notifications",
		Secret:     wrapper.NewSecret("at least as long as the MAC: 32 bytes"),
		EventTypes: wrapper.MarketplaceEvents(),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Action, result.Webhook.URL, len(result.Webhook.EventTypes))
	// Output: created https://marketplace.example/notifications 3
}

func ExampleWebhooks_Create() {
	_, client, _, stop := webhookSandbox()
	defer stop()

	webhook, err := client.Webhooks.Create(context.Background(), "6446048195", wrapper.WebhookParams{
		Name:       "reviews",
		URL:        "https://ci.example/reviews",
		Secret:     wrapper.NewSecret("at least as long as the MAC: 32 bytes"),
		EventTypes: []wrapper.EventType{wrapper.EventAppStoreVersionAppVersionStateUpdated},
	})
	switch {
	case errors.Is(err, wrapper.ErrTooManyWebhooks):
		log.Fatal("delete one first")
	case err != nil:
		log.Fatal(err)
	}
	fmt.Println(webhook.Name, webhook.Enabled)
	// Output: reviews true
}

func ExampleWebhooks_List() {
	_, client, _, stop := webhookSandbox()
	defer stop()

	for webhook, err := range client.Webhooks.List(context.Background(), "6446048195") {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(webhook.Name, webhook.EventTypes)
	}
	// Output: builds [BUILD_UPLOAD_STATE_UPDATED]
}

func ExampleWebhooks_Get() {
	_, client, webhookID, stop := webhookSandbox()
	defer stop()

	webhook, err := client.Webhooks.Get(context.Background(), webhookID)
	fmt.Println(webhook.URL, err)
	// Output: https://ci.example/notifications <nil>
}

func ExampleWebhooks_Update() {
	_, client, webhookID, stop := webhookSandbox()
	defer stop()

	enabled := false
	webhook, err := client.Webhooks.Update(context.Background(), webhookID, wrapper.WebhookParams{
		EventTypes: wrapper.MarketplaceEvents(), // replaces the list; name, URL and secret stay
		Enabled:    &enabled,
	})
	fmt.Println(webhook.Name, webhook.Enabled, len(webhook.EventTypes), err)
	// Output: builds false 3 <nil>
}

func ExampleWebhooks_Delete() {
	_, client, webhookID, stop := webhookSandbox()
	defer stop()

	fmt.Println(client.Webhooks.Delete(context.Background(), webhookID))
	_, err := client.Webhooks.Get(context.Background(), webhookID)
	fmt.Println("gone:", errors.Is(err, wrapper.ErrNotFound))
	// Output:
	// <nil>
	// gone: true
}

// A ping tells whether the receiver is reached: look at its delivery.
func ExampleWebhooks_Ping() {
	fake, client, webhookID, stop := webhookSandbox()
	defer stop()
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer receiver.Close()

	ctx := context.Background()
	if _, err := client.Webhooks.Update(ctx, webhookID, wrapper.WebhookParams{URL: receiver.URL}); err != nil {
		log.Fatal(err)
	}
	if err := client.Webhooks.Ping(ctx, webhookID); err != nil {
		log.Fatal(err)
	}
	fake.Wait() // for real: look again after a while
	for delivery, err := range client.Webhooks.Deliveries(ctx, webhookID, wrapper.DeliveryFilter{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(delivery.Ping, delivery.State, delivery.StatusCode)
	}
	// Output: true SUCCEEDED 200
}

// Why deliveries of the last hour failed.
func ExampleWebhooks_Deliveries() {
	fake, client, webhookID, stop := webhookSandbox()
	defer stop()
	_, _ = fake.Notify(context.Background(), &notification.BuildUploadStateUpdated{StateChange: notification.StateChange{
		InstanceID: "b1", New: "COMPLETE", // nobody serves ci.example
	}})

	for delivery, err := range client.Webhooks.Deliveries(context.Background(), webhookID, wrapper.DeliveryFilter{
		States: []wrapper.DeliveryState{wrapper.DeliveryFailed},
		Since:  time.Now().Add(-time.Hour),
	}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(delivery.EventType, delivery.StatusCode, delivery.ErrorMessage)
	}
	// Output: BUILD_UPLOAD_STATE_UPDATED 0 The receiver could not be reached.
}

func ExampleWebhooks_Redeliver() {
	fake, client, webhookID, stop := webhookSandbox()
	defer stop()
	ctx := context.Background()
	if err := client.Webhooks.Ping(ctx, webhookID); err != nil { // nobody serves ci.example
		log.Fatal(err)
	}
	fake.Wait()

	failed := []wrapper.DeliveryState{wrapper.DeliveryFailed}
	for delivery, err := range client.Webhooks.Deliveries(ctx, webhookID, wrapper.DeliveryFilter{States: failed}) {
		if err != nil {
			log.Fatal(err)
		}
		again, err := client.Webhooks.Redeliver(ctx, delivery.ID)
		fmt.Println(again.Redelivery, again.EventID == delivery.EventID, err)
	}
	// Output: true true <nil>
}

// What failed while the receiver was down goes through the same handler.
func ExampleWebhooks_CatchUp() {
	fake, client, webhookID, stop := webhookSandbox()
	defer stop()
	ctx := context.Background()
	event := &notification.BuildUploadStateUpdated{StateChange: notification.StateChange{
		InstanceID: "b1", Old: "PROCESSING", New: "COMPLETE",
	}}
	_, _ = fake.Notify(ctx, event) // nobody serves ci.example

	verifier, err := notification.NewVerifier([]byte("old"))
	if err != nil {
		log.Fatal(err)
	}
	handler, err := notification.NewHandler(verifier, func(_ context.Context, n *notification.Notification) error {
		if upload, ok := n.Event.(*notification.BuildUploadStateUpdated); ok {
			fmt.Println(upload.InstanceID, upload.New)
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	next, err := client.Webhooks.CatchUp(ctx, webhookID, time.Time{}, handler.Handle)
	fmt.Println(err, "go on from next:", !next.IsZero())
	// Output:
	// b1 COMPLETE
	// <nil> go on from next: true
}

// A service runs it beside its server, until it ends.
func ExampleWebhooks_KeepUp() {
	fake, client, _, stop := webhookSandbox()
	defer stop()
	ctx, cancel := context.WithCancel(context.Background())
	event := &notification.BuildUploadStateUpdated{StateChange: notification.StateChange{
		InstanceID: "b1", Old: "PROCESSING", New: "COMPLETE",
	}}
	_, _ = fake.Notify(ctx, event) // nobody serves ci.example

	err := client.Webhooks.KeepUp(ctx, "6446048195", wrapper.WebhookParams{
		Name:       "builds",
		URL:        "https://ci.example/notifications",
		Secret:     wrapper.NewSecret("old"),
		EventTypes: []wrapper.EventType{wrapper.EventBuildUploadStateUpdated},
	}, func(_ context.Context, payload []byte) error {
		n, err := notification.Decode(payload)
		if err == nil {
			fmt.Println("missed:", n.Type)
		}
		return err
	}, wrapper.KeepUpOptions{Report: func(pass wrapper.Pass) {
		fmt.Println("handed over:", pass.HandedOver)
		cancel() // as SIGTERM would
	}})
	fmt.Println(err)
	// Output:
	// missed: buildUploadStateUpdated
	// handed over: 1
	// context canceled
}

func ExampleMarketplaceWebhooks_KeepUp() {
	_, client, stop := sandboxClient()
	defer stop()
	ctx, cancel := context.WithCancel(context.Background())
	err := client.MarketplaceWebhooks.KeepUp(ctx, wrapper.MarketplaceWebhookParams{
		EndpointURL: "https://marketplace.example/notifications",
		Secret:      wrapper.NewSecret("secret"),
	}, wrapper.KeepUpOptions{Report: func(pass wrapper.Pass) {
		fmt.Println("registered:", pass.WebhookID, pass.Err)
		cancel() // as SIGTERM would
	}})
	fmt.Println(err)
	// Output:
	// registered: c74970b8-6be0-40fa-8f51-8e1532005635 <nil>
	// context canceled
}
