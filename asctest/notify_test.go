package asctest_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/notification"
)

var appUnavailable = notification.AppUnavailable{MarketplaceAppID: "6477361842", AppID: "6478123456"}

// receiver starts the module's own receiver for secrets and counts what it handled.
func receiver(t *testing.T, secrets ...string) (url string, handled *atomic.Int64) {
	t.Helper()
	var keys [][]byte
	for _, secret := range secrets {
		keys = append(keys, []byte(secret))
	}
	verifier, err := notification.NewVerifier(keys...)
	if err != nil {
		t.Fatal(err)
	}
	handled = new(atomic.Int64)
	handler, err := notification.NewHandler(verifier, func(_ context.Context, n *notification.Notification) error {
		if e, ok := n.Event.(*notification.AppUnavailable); !ok || e.AppID != appUnavailable.AppID {
			t.Errorf("received %+v", n)
		}
		handled.Add(1)
		return nil
	}, notification.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL, handled
}

func TestNotifyReachesTheRegisteredEndpoint(t *testing.T) {
	t.Parallel()
	url, handled := receiver(t, "canary-5ecret")
	c := newCaller(t)
	body := strings.Replace(createBody, "https://example.com/in", url, 1)
	if got := c.call("POST", collection, body); got.StatusCode != http.StatusCreated {
		t.Fatalf("create: %d", got.StatusCode)
	}
	if status, err := c.server.Notify(t.Context(), &appUnavailable); status != 200 || err != nil {
		t.Errorf("notify: %d, %v", status, err)
	}
	if handled.Load() != 1 {
		t.Errorf("handled %d times", handled.Load())
	}
}

func TestDeliveriesTwiceForgedAndWithTheOldSecret(t *testing.T) {
	t.Parallel()
	url, handled := receiver(t, "new secret", "old secret")
	server := asctest.NewServer(t, asctest.MarketplaceWebhook{EndpointURL: url, Secret: "new secret"})
	deliver := func() asctest.SignedNotification {
		signed, err := server.Sign("", notification.New(&appUnavailable))
		if err != nil {
			t.Fatal(err)
		}
		return signed[0]
	}
	send := func(name string, d asctest.SignedNotification, status int, count int64) {
		t.Helper()
		got, err := d.Send(t.Context())
		if got.StatusCode != status || err != nil || handled.Load() != count {
			t.Errorf("%s: %d, %v, handled %d; want %d, handled %d", name, got.StatusCode, err, handled.Load(), status, count)
		}
	}
	first := deliver()
	send("first", first, 200, 1)
	send("twice", first, 200, 1)
	send("old secret", deliver().SignedWith("old secret"), 200, 2)
	send("forged", deliver().Forged(), 401, 2)
	altered := deliver()
	altered.Body = append(altered.Body, '\n')
	send("altered", altered, 401, 2)

	copies, statuses := deliver(), make(chan int)
	for range 8 {
		go func() {
			sent, _ := copies.Send(t.Context())
			statuses <- sent.StatusCode
		}()
	}
	for range 8 {
		if status := <-statuses; status != 200 {
			t.Errorf("concurrent: %d", status)
		}
	}
	if handled.Load() != 3 {
		t.Errorf("concurrent copies: handled %d in all", handled.Load())
	}
}

func TestNotifyFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == 1 {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}
	}))
	defer endpoint.Close()
	server := asctest.NewServer(t, asctest.MarketplaceWebhook{EndpointURL: endpoint.URL, Secret: "s"})
	if status, err := server.Notify(t.Context(), &appUnavailable); status != 307 || err != nil || calls.Load() != 1 {
		t.Errorf("%d, %v, %d calls", status, err, calls.Load())
	}
}

func TestNotifyFails(t *testing.T) {
	t.Parallel()
	server := asctest.NewServer(t)
	fails := func(want string, event notification.Event) {
		t.Helper()
		status, err := server.Notify(t.Context(), event)
		if status != 0 || err == nil || !strings.HasPrefix(err.Error(), "asctest: ") ||
			!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("got %d, %v; want %q", status, err, want)
		}
	}
	fails("no marketplace webhook is registered", &appUnavailable)
	_ = server.Update(func(s *asctest.State) {
		s.MarketplaceWebhook = &asctest.MarketplaceWebhook{EndpointURL: "http://127.0.0.1:1/", Secret: "canary-5ecret"}
	})
	fails("connection refused", &appUnavailable)
	fails("notification", &notification.AppUnavailable{AppID: "1"})
}

func TestNotifyPingsEveryEnabledWebhook(t *testing.T) {
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer receiver.Close()
	server := asctest.NewServer(t, asctest.Webhook{AppID: "1", URL: receiver.URL, Enabled: true})
	status, err := server.Notify(t.Context(), &notification.WebhookPingCreated{})
	deliveries := server.Deliveries("")
	if status != http.StatusOK || err != nil || len(deliveries) != 1 || !deliveries[0].Ping ||
		deliveries[0].EventType != "" {
		t.Errorf("got %d, %v, %+v", status, err, deliveries)
	}
}
