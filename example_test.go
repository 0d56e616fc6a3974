package webhooks_test

import (
	"cmp"
	"context"
	"errors"
	"log"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// README.md shows the functions and the test below.

func run(ctx context.Context, listener net.Listener, url string) error {
	secret := os.Getenv("ASC_WEBHOOK_SECRET")
	handler, err := newHandler(secret)
	if err != nil {
		return err
	}
	client, err := connect()
	if err != nil {
		return err
	}
	id, err := register(ctx, client, os.Getenv("ASC_APP_ID"), url, secret)
	if err != nil {
		return err
	}
	// The zero time stands for the last ten days. CatchUp returns the time to go on from.
	if _, err := client.Webhooks.CatchUp(ctx, id, time.Time{}, handler.Handle); err != nil {
		return err
	}
	return notification.NewServer("", handler).Serve(listener)
}

func connect() (*wrapper.Client, error) {
	key, err := auth.FindKey(auth.KeyHint{}) // ASC_KEY_ID, ASC_ISSUER_ID, ASC_PRIVATE_KEY_PATH, ...
	if err != nil {
		return nil, err
	}
	tokens, err := auth.NewTokenSource(key)
	if err != nil {
		return nil, err
	}
	baseURL := cmp.Or(os.Getenv("ASC_BASE_URL"), wrapper.DefaultBaseURL) // set for tests only
	return wrapper.NewClient(tokens, wrapper.WithBaseURL(baseURL))       // create one client and reuse it
}

func register(ctx context.Context, client *wrapper.Client, appID, url, secret string) (id string, err error) {
	result, err := client.Webhooks.Ensure(ctx, appID, wrapper.WebhookParams{
		Name:       "notifications",
		URL:        url,
		Secret:     wrapper.NewSecret(secret),
		EventTypes: wrapper.MarketplaceEvents(), // or AllEvents, or some
	})
	return result.Webhook.ID, err
}

func newHandler(secret string) (*notification.Handler, error) {
	verifier, err := notification.NewVerifier([]byte(secret))
	if err != nil {
		return nil, err
	}
	return notification.NewHandler(verifier, store)
}

func store(_ context.Context, n *notification.Notification) error {
	log.Print(n.Type, " ", n.ID) // store n.Raw here: the response is 200 once this has returned nil
	return nil
}

func runMarketplace(ctx context.Context, listener net.Listener, url string) error {
	secret := os.Getenv("ASC_WEBHOOK_SECRET")
	handler, err := newHandler(secret)
	if err != nil {
		return err
	}
	client, err := connect()
	if err != nil {
		return err
	}
	_, err = client.MarketplaceWebhooks.Ensure(ctx, wrapper.MarketplaceWebhookParams{
		EndpointURL: url,
		Secret:      wrapper.NewSecret(secret),
	})
	if err != nil {
		return err
	}
	return notification.NewServer("", handler).Serve(listener)
}

func TestLosesNothing(t *testing.T) {
	server := asctest.NewServer(t, asctest.WithApp("6446048195")) // closed when the test ends
	tokens, err := auth.NewTokenSource(auth.Key(server.Key()))
	if err != nil {
		t.Fatal(err)
	}
	client, err := wrapper.NewClient(tokens, wrapper.WithBaseURL(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	// The create takes effect, but the response is 503.
	server.FailNext(asctest.Fault{Operation: asctest.WebhooksCreate, Status: 503, Applied: true})
	_, err = register(t.Context(), client, "6446048195", "https://marketplace.example/notifications", "secret")
	if err != nil {
		t.Fatal(err)
	}
	if got := len(server.State().Webhooks); got != 1 {
		t.Errorf("%d webhooks are registered, want 1", got)
	}
}

// useFake points the service's environment to server.
func useFake(t *testing.T, server *asctest.Server) {
	t.Helper()
	key := server.Key()
	file := filepath.Join(t.TempDir(), "AuthKey_"+key.ID+".p8")
	if err := os.WriteFile(file, key.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"ASC_BASE_URL": server.URL, "ASC_APP_ID": "6446048195", "ASC_WEBHOOK_SECRET": "secret",
		"ASC_KEY_ID": key.ID, "ASC_ISSUER_ID": key.IssuerID, "ASC_PRIVATE_KEY": "", "ASC_PRIVATE_KEY_PATH": file,
	} {
		t.Setenv(name, value)
	}
}

// Both services register and receive, and end when their listener closes.
func TestServices(t *testing.T) {
	created := &notification.AlternativeDistributionPackageVersionCreated{
		MarketplaceAppID: "6446048195", AppID: "1", PackageVersionID: "v",
	}
	for name, test := range map[string]struct {
		run   func(context.Context, net.Listener, string) error
		event notification.Event
	}{
		"webhooks":            {run, created},
		"marketplaceWebhooks": {runMarketplace, &notification.AppUnavailable{MarketplaceAppID: "6446048195", AppID: "2"}},
	} {
		t.Run(name, func(t *testing.T) {
			server := asctest.NewServer(t, asctest.WithApp("6446048195"))
			useFake(t, server)
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			served := make(chan error)
			go func() { served <- test.run(t.Context(), listener, "http://"+listener.Addr().String()) }()
			for changes := server.Since(0); ; changes = server.Since(changes.Number) {
				if s := server.State(); s.MarketplaceWebhook != nil || len(s.Webhooks) > 0 {
					break
				}
				<-changes.More
			}
			status, err := server.Notify(t.Context(), test.event)
			if err != nil || status != 200 {
				t.Errorf("got status %d and %v, want 200", status, err)
			}
			_ = listener.Close()
			if err := <-served; !errors.Is(err, net.ErrClosed) {
				t.Errorf("got %v, want %v", err, net.ErrClosed)
			}
		})
	}
}

// TestCatchesUp: what could not be delivered is handed over at the next start.
func TestCatchesUp(t *testing.T) {
	server := asctest.NewServer(t, asctest.WithApp("6446048195"))
	useFake(t, server)
	client, err := connect()
	if err != nil {
		t.Fatal(err)
	}
	id, err := register(t.Context(), client, "6446048195", "http://127.0.0.1:1/", "secret")
	if err != nil {
		t.Fatal(err)
	}
	event := &notification.AlternativeDistributionPackageVersionCreated{
		MarketplaceAppID: "6446048195", AppID: "1", PackageVersionID: "v",
	}
	if _, err := server.Notify(t.Context(), event); err == nil {
		t.Error("delivered, though nobody listens")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	logged := make(logLines, 10)
	log.SetOutput(logged)
	defer log.SetOutput(os.Stderr)
	served := make(chan error)
	go func() { served <- run(t.Context(), listener, "http://127.0.0.1:1/") }()
	if line := <-logged; !strings.Contains(line, "alternativeDistributionPackageVersionCreated") {
		t.Errorf("got %q", line)
	}
	_ = listener.Close()
	if err := <-served; !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want %v", err, net.ErrClosed)
	}
	if got := server.State().Webhooks; len(got) != 1 || got[0].ID != id {
		t.Errorf("registered: %+v, want only %s", got, id)
	}
}

// logLines are the lines that the service logs.
type logLines chan string

func (l logLines) Write(line []byte) (int, error) { l <- string(line); return len(line), nil }
