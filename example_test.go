package webhooks_test

import (
	"context"
	"errors"
	"log"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// The functions and the test below are what README.md shows.

func connect() (*wrapper.Client, error) {
	key, err := auth.FindKey(auth.KeyHint{}) // ASC_KEY_ID, ASC_ISSUER_ID, ASC_PRIVATE_KEY_PATH, ...
	if err != nil {
		return nil, err
	}
	tokens, err := auth.NewTokenSource(key)
	if err != nil {
		return nil, err
	}
	return wrapper.NewClient(tokens) // create one client and reuse it
}

func register(ctx context.Context, client *wrapper.Client, url, secret string) error {
	_, err := client.MarketplaceWebhooks.Ensure(ctx, wrapper.MarketplaceWebhookParams{
		EndpointURL: url,
		Secret:      wrapper.NewSecret(secret),
	})
	return err
}

func receive(listener net.Listener, secret string) error {
	verifier, err := notification.NewVerifier([]byte(secret))
	if err != nil {
		return err
	}
	handler, err := notification.NewHandler(verifier, store)
	if err != nil {
		return err
	}
	return notification.NewServer("", handler).Serve(listener)
}

func store(_ context.Context, n *notification.Notification) error {
	log.Print(n.Type, " ", n.ID) // store n.Raw here: the response is 200 once this has returned nil
	return nil
}

func registerForApp(ctx context.Context, client *wrapper.Client, appID, url, secret string) (id string, err error) {
	result, err := client.Webhooks.Ensure(ctx, appID, wrapper.WebhookParams{
		Name:       "notifications",
		URL:        url,
		Secret:     wrapper.NewSecret(secret),
		EventTypes: wrapper.MarketplaceEvents(), // or AllEvents, or some
	})
	if err != nil {
		return "", err
	}
	return result.Webhook.ID, client.Webhooks.Ping(ctx, result.Webhook.ID)
}

func catchUp(ctx context.Context, client *wrapper.Client, id string, since time.Time, h *notification.Handler) (time.Time, error) {
	return client.Webhooks.CatchUp(ctx, id, since, h.Handle) // store the time, and go on from there
}

func TestLosesNothing(t *testing.T) {
	server := asctest.NewServer(t) // App Store Connect in memory, closed when the test ends
	tokens, err := auth.NewTokenSource(auth.Key(server.Key()))
	if err != nil {
		t.Fatal(err)
	}
	client, err := wrapper.NewClient(tokens, wrapper.WithBaseURL(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	server.FailNext(asctest.Fault{Operation: asctest.Create, Status: 503, Applied: true}) // the response is lost
	err = register(t.Context(), client, "https://marketplace.example/notifications", "secret")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := server.Webhook(); !ok {
		t.Error("nothing is registered")
	}
}

func TestConnectFindsTheKey(t *testing.T) {
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

func TestReceives(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error)
	go func() { served <- receive(listener, "secret") }()
	server := asctest.NewServer(t, asctest.WithWebhook(asctest.Webhook{
		EndpointURL: "http://" + listener.Addr().String(),
		Secret:      "secret",
	}))
	status, err := server.Notify(t.Context(), &notification.AppUnavailable{MarketplaceAppID: "1", AppID: "2"})
	if err != nil {
		t.Error(err)
	}
	if want := 200; status != want {
		t.Errorf("got status %d, want %d", status, want)
	}
	_ = listener.Close()
	if err := <-served; !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want %v", err, net.ErrClosed)
	}
}

// TestRegistersForAnApp: registered, pinged, and what was missed is handed over.
func TestRegistersForAnApp(t *testing.T) {
	server := asctest.NewServer(t, asctest.WithApp("6446048195"))
	tokens, err := auth.NewTokenSource(auth.Key(server.Key()))
	if err != nil {
		t.Fatal(err)
	}
	client, err := wrapper.NewClient(tokens, wrapper.WithBaseURL(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	id, err := registerForApp(t.Context(), client, "6446048195", "http://127.0.0.1:1/", "secret")
	if err != nil {
		t.Fatal(err)
	}
	server.Wait()
	if pings := server.Deliveries(id); len(pings) != 1 || !pings[0].Ping {
		t.Errorf("got deliveries %+v, want one ping", pings)
	}
	event := &notification.AlternativeDistributionPackageVersionCreated{
		MarketplaceAppID: "6446048195", AppID: "1", PackageVersionID: "v",
	}
	if _, err := server.Notify(t.Context(), event); err == nil {
		t.Error("delivered, though nobody listens")
	}
	verifier, err := notification.NewVerifier([]byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	handler, err := notification.NewHandler(verifier, func(_ context.Context, n *notification.Notification) error {
		got = append(got, n.Type)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := catchUp(t.Context(), client, id, time.Time{}, handler); err != nil {
		t.Error(err)
	}
	if want := []string{"alternativeDistributionPackageVersionCreated"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
