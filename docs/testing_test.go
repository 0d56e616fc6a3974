package docs_test

// The tests of a small service that testing.md shows.

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// register is the service under test.
func register(ctx context.Context, client *wrapper.Client) error {
	_, err := client.MarketplaceWebhooks.Ensure(ctx, wrapper.MarketplaceWebhookParams{
		EndpointURL: "https://marketplace.example/notifications",
		Secret:      wrapper.NewSecret("a secret from your vault"),
	})
	return err
}

// clientOf is a client of server. Its traffic is validated against the OpenAPI document.
func clientOf(t *testing.T, server *asctest.Server) *wrapper.Client {
	tokens, err := auth.NewTokenSource(auth.Key(server.Key()))
	if err != nil {
		t.Fatal(err)
	}
	client, err := wrapper.NewClient(tokens,
		wrapper.WithBaseURL(server.URL),
		wrapper.WithHTTPClient(&http.Client{Transport: asctest.Transport(t, server.Client().Transport)}))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestRegisters(t *testing.T) {
	server := asctest.NewServer(t)
	if err := register(t.Context(), clientOf(t, server)); err != nil {
		t.Fatal(err)
	}
	webhook, ok := server.MarketplaceWebhook()
	if !ok || webhook.EndpointURL != "https://marketplace.example/notifications" {
		t.Errorf("registered: %v, %q", ok, webhook.EndpointURL)
	}
}

// As README.md has it.
func TestRegistersDespiteA503(t *testing.T) {
	server := asctest.NewServer(t) // App Store Connect in memory, closed when the test ends
	server.FailNext(asctest.Fault{Operation: asctest.MarketplaceWebhooksCreate, Status: 503, Applied: true})
	if err := register(t.Context(), clientOf(t, server)); err != nil {
		t.Error(err)
	}
}

func TestRegistersThoughTheResponseIsLost(t *testing.T) {
	server := asctest.NewServer(t)
	server.FailNext(asctest.Fault{
		Operation: asctest.MarketplaceWebhooksCreate, Kind: asctest.FaultResetBeforeHeaders, Applied: true,
	})
	if err := register(t.Context(), clientOf(t, server)); err != nil {
		t.Fatal(err)
	}
	var calls []asctest.Operation
	for _, request := range server.Exchanges() {
		calls = append(calls, request.Operation)
	}
	// The create's response was lost, so Ensure has looked again and set the secret.
	want := []asctest.Operation{
		asctest.MarketplaceWebhooksList, asctest.MarketplaceWebhooksCreate,
		asctest.MarketplaceWebhooksList, asctest.MarketplaceWebhooksUpdate,
	}
	if !slices.Equal(calls, want) {
		t.Errorf("called %v", calls)
	}
}

func TestWaitsAsLongAsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := asctest.NewPipeServer(t)
		server.FailNext(asctest.Fault{Status: 429, Header: http.Header{"Retry-After": {"20"}}})
		start := time.Now()
		if err := register(t.Context(), clientOf(t, server)); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited != 20*time.Second {
			t.Errorf("waited %v", waited)
		}
	})
}

// service is the receiver under test; a real one stores what it gets.
func service(t *testing.T, store func(*notification.Notification) error) *httptest.Server {
	verifier, err := notification.NewVerifier([]byte("a secret from your vault"))
	if err != nil {
		t.Fatal(err)
	}
	handler, err := notification.NewHandler(verifier, func(_ context.Context, n *notification.Notification) error { return store(n) })
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func TestReceives(t *testing.T) {
	var stored []string
	endpoint := service(t, func(n *notification.Notification) error {
		stored = append(stored, n.Type)
		return nil
	})
	server := asctest.NewServer(t, asctest.MarketplaceWebhook{
		EndpointURL: endpoint.URL,
		Secret:      "a secret from your vault",
	})
	status, err := server.Notify(t.Context(), &notification.AppUnavailable{
		MarketplaceAppID: "6477361842", AppID: "6478123456",
	})
	if status != http.StatusOK || err != nil || len(stored) != 1 {
		t.Errorf("responded %d, %v; stored %v", status, err, stored)
	}
}

func TestReceivesOnceAndNothingForged(t *testing.T) {
	full, stored := true, 0
	endpoint := service(t, func(*notification.Notification) error {
		if full {
			return errors.New("the disk is full")
		}
		stored++
		return nil
	})
	server := asctest.NewServer(t, asctest.MarketplaceWebhook{EndpointURL: endpoint.URL, Secret: "a secret from your vault"})
	event := &notification.AppUnavailable{MarketplaceAppID: "6477361842", AppID: "6478123456"}
	signed, err := server.Sign("", notification.New(event))
	if err != nil {
		t.Fatal(err)
	}
	genuine := signed[0] // for the one recipient
	send := func(n asctest.SignedNotification, want int) {
		t.Helper()
		if sent, err := n.Send(t.Context()); sent.StatusCode != want || err != nil {
			t.Errorf("responded %d, %v; want %d", sent.StatusCode, err, want)
		}
	}
	send(genuine.Forged(), http.StatusUnauthorized)
	send(genuine, http.StatusInternalServerError) // not stored: it may come again
	full = false
	send(genuine, http.StatusOK)
	send(genuine, http.StatusOK) // a duplicate
	if stored != 1 {
		t.Errorf("stored %d times", stored)
	}
}

func TestRespondsThatItWasTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := asctest.NewPipeServer(t, asctest.MarketplaceWebhook{EndpointURL: "https://marketplace.example/", Secret: "secret"})
		event := &notification.AppUnavailable{MarketplaceAppID: "6477361842", AppID: "6478123456"}
		signed, err := server.Sign("", notification.New(event))
		if err != nil {
			t.Fatal(err)
		}
		handler, err := receiver([][]byte{[]byte("secret")}, func(*notification.Notification) { time.Sleep(time.Minute) })
		if err != nil {
			t.Fatal(err)
		}
		request := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(signed[0].Body))
		request.Header.Set(notification.SignatureHeader, signed[0].Signature)
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, request)
		if response.Code != http.StatusServiceUnavailable {
			t.Errorf("responded %d", response.Code)
		}
	})
}

// connect returns a server whose next calls fail as given, and a client that retries nothing.
func connect(t *testing.T, faults ...asctest.Fault) (*asctest.Server, *wrapper.Client) {
	t.Helper()
	server := asctest.NewServer(t)
	server.FailNext(faults...)
	tokens, err := auth.NewTokenSource(auth.Key(server.Key()))
	if err != nil {
		t.Fatal(err)
	}
	client, err := wrapper.NewClient(tokens, wrapper.WithBaseURL(server.URL), wrapper.WithRetry(wrapper.Retry{Attempts: 1}))
	if err != nil {
		t.Fatal(err)
	}
	return server, client
}

// registerApp is the service under test, on webhooks.
func registerApp(ctx context.Context, client *wrapper.Client, appID, url string) (webhookID string, err error) {
	result, err := client.Webhooks.Ensure(ctx, appID, wrapper.WebhookParams{
		Name:       "marketplace notifications",
		URL:        url,
		Secret:     wrapper.NewSecret("a secret from your vault"),
		EventTypes: wrapper.MarketplaceEvents(),
	})
	return result.Webhook.ID, err
}

func TestReceivesWhatItSubscribesTo(t *testing.T) {
	var stored []string
	endpoint := service(t, func(n *notification.Notification) error {
		stored = append(stored, n.Type)
		return nil
	})
	server := asctest.NewServer(t, asctest.WithApp("6477361842"))
	webhookID, err := registerApp(t.Context(), clientOf(t, server), "6477361842", endpoint.URL)
	if err != nil {
		t.Fatal(err)
	}
	if err := clientOf(t, server).Webhooks.Ping(t.Context(), webhookID); err != nil {
		t.Fatal(err)
	}
	server.Wait() // pings are posted in the background
	status, err := server.Notify(t.Context(), &notification.AlternativeDistributionPackageVersionCreated{
		AppID: "6478123456", MarketplaceAppID: "6477361842", PackageVersionID: "8d50a4f6-7653-4ccc-b9e2-b0133eb9b0d3",
	})
	if status != http.StatusOK || err != nil || len(stored) != 2 {
		t.Errorf("responded %d, %v; stored %v", status, err, stored)
	}
	for _, delivery := range server.Deliveries(webhookID) {
		if delivery.State != "SUCCEEDED" {
			t.Errorf("%s: %s", delivery.EventType, delivery.State)
		}
	}
}

func TestReadsWhatAnEventIsAbout(t *testing.T) {
	server := asctest.NewServer(t,
		asctest.Resource{Type: "builds", ID: "b1", Attributes: map[string]any{"version": "42", "processingState": "VALID"},
			Relationships: map[string][]string{"app": {"6477361842"}}},
		asctest.Resource{Type: "apps", ID: "6477361842", Attributes: map[string]any{"bundleId": "com.example.ours"}})
	build, err := clientOf(t, server).Builds.Get(t.Context(), "b1")
	if err != nil {
		t.Fatal(err)
	}
	if build.Version != "42" || build.App.BundleID != "com.example.ours" {
		t.Errorf("got %+v", build)
	}
}
