package docs_test

// The procedure and the mistakes in rotating-the-secret.md.

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// receiver returns the service's handler with the given secrets, the newest first.
func receiver(secrets [][]byte, store func(*notification.Notification)) (http.Handler, error) {
	verifier, err := notification.NewVerifier(secrets...)
	if err != nil {
		return nil, err
	}
	return notification.NewHandler(verifier, func(ctx context.Context, n *notification.Notification) error {
		if n.SecretIndex > 0 {
			slog.WarnContext(ctx, "signed with an old secret", "id", n.ID)
		}
		store(n)
		return nil
	})
}

// setSecret gives App Store Connect the new secret; the URL stays.
func setSecret(ctx context.Context, client *wrapper.Client, secret []byte) error {
	webhook, err := client.MarketplaceWebhooks.Get(ctx)
	if err != nil {
		return err
	}
	_, err = client.MarketplaceWebhooks.Update(ctx, webhook.ID, wrapper.MarketplaceWebhookParams{
		Secret: wrapper.NewSecret(string(secret)),
	})
	return err
}

func TestRotationLosesNothing(t *testing.T) {
	t.Parallel()
	oldSecret, newSecret := []byte("the old secret"), []byte("the new secret")
	s := newStage(t)
	s.deploy(oldSecret)
	_ = s.server.Update(func(state *asctest.State) {
		state.MarketplaceWebhook = new(asctest.MarketplaceWebhook{EndpointURL: s.endpoint, Secret: string(oldSecret)})
	})
	s.deliver(s.signed(), http.StatusOK)

	// 1. Every receiver gets the new secret beside the old one.
	s.meanwhile(func() { s.deploy(newSecret, oldSecret) })

	// 2. App Store Connect gets it. Notifications signed before may arrive later.
	inFlight := s.signed()
	s.meanwhile(func() {
		if err := setSecret(t.Context(), s.client, newSecret); err != nil {
			t.Error(err)
		}
	})
	s.deliver(inFlight, http.StatusOK)
	if got := s.bySecret; got[0] == 0 || got[1] == 0 {
		t.Errorf("got %d notifications signed with the new secret and %d with the old, want some of each", got[0], got[1])
	}

	// 3. Once nothing signed with the old secret has arrived for long enough, the receiver drops it.
	s.meanwhile(func() { s.deploy(newSecret) })
	s.deliver(s.signed(), http.StatusOK)
	s.deliver(s.signed().SignedWith(string(oldSecret)), http.StatusUnauthorized)

	for id, times := range s.stored {
		if times != 1 {
			t.Errorf("%s was stored %d times", id, times)
		}
	}
	if len(s.stored) != int(s.acknowledged.Load()) {
		t.Errorf("%d notifications were acknowledged, %d stored", s.acknowledged.Load(), len(s.stored))
	}
}

func TestRotationInTheWrongOrderLoses(t *testing.T) {
	t.Parallel()
	oldSecret, newSecret := []byte("the old secret"), []byte("the new secret")
	s := newStage(t)
	s.deploy(oldSecret)
	_ = s.server.Update(func(state *asctest.State) {
		state.MarketplaceWebhook = new(asctest.MarketplaceWebhook{EndpointURL: s.endpoint, Secret: string(oldSecret)})
	})

	inFlight := s.signed()
	if err := setSecret(t.Context(), s.client, newSecret); err != nil {
		t.Fatal(err)
	}
	s.deliver(s.signed(), http.StatusUnauthorized) // the receiver does not know it yet
	s.deploy(newSecret)
	s.deliver(inFlight, http.StatusUnauthorized) // the receiver dropped the old one too early
}

// stage is App Store Connect, a client, and a service that can be redeployed.
type stage struct {
	t            *testing.T
	server       *asctest.Server
	client       *wrapper.Client
	endpoint     string
	deployed     atomic.Pointer[http.Handler]
	acknowledged atomic.Int64

	mu       sync.Mutex
	stored   map[string]int
	bySecret [2]int
}

func newStage(t *testing.T) *stage {
	s := &stage{t: t, server: asctest.NewServer(t), stored: map[string]int{}}
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(*s.deployed.Load()).ServeHTTP(w, r)
	}))
	t.Cleanup(endpoint.Close)
	s.endpoint = endpoint.URL
	tokens, err := auth.NewTokenSource(auth.Key(s.server.Key()))
	if err != nil {
		t.Fatal(err)
	}
	if s.client, err = wrapper.NewClient(tokens, wrapper.WithBaseURL(s.server.URL)); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stage) deploy(secrets ...[]byte) {
	handler, err := receiver(secrets, s.store)
	if err != nil {
		s.t.Error(err)
		return
	}
	s.deployed.Store(&handler)
}

func (s *stage) store(n *notification.Notification) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stored[n.ID]++
	s.bySecret[n.SecretIndex]++
}

// signed is a new notification, signed with the registered secret.
func (s *stage) signed() asctest.SignedNotification {
	event := &notification.AppUnavailable{MarketplaceAppID: "6477361842", AppID: "6478123456"}
	signed, err := s.server.Sign("", notification.New(event))
	if err != nil {
		s.t.Fatal(err)
	}
	return signed[0]
}

func (s *stage) deliver(delivery asctest.SignedNotification, want int) {
	s.t.Helper()
	sent, err := delivery.Send(s.t.Context())
	if err != nil {
		s.t.Error(err)
	}
	if sent.StatusCode != want {
		s.t.Errorf("got status %d, want %d", sent.StatusCode, want)
	}
	if sent.StatusCode == http.StatusOK {
		s.acknowledged.Add(1)
	}
}

// meanwhile takes a step while notifications arrive.
func (s *stage) meanwhile(step func()) {
	var senders sync.WaitGroup
	for range 20 {
		senders.Go(func() { s.deliver(s.signed(), http.StatusOK) })
	}
	step()
	senders.Wait()
}
