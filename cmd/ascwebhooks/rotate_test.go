package main

// The procedure of docs/rotating-the-secret.md, by the command.

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// rotation is a service that can be redeployed, and what is posted to it.
type rotation struct {
	t        *testing.T
	server   *asctest.Server
	deployed atomic.Pointer[notification.Handler]
}

func (r *rotation) deploy(secrets ...string) {
	r.t.Helper()
	var known [][]byte
	for _, secret := range secrets {
		known = append(known, []byte(secret))
	}
	verifier, err := notification.NewVerifier(known...)
	if err != nil {
		r.t.Fatal(err)
	}
	handler, err := notification.NewHandler(verifier, func(context.Context, *notification.Notification) error { return nil },
		notification.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		r.t.Fatal(err)
	}
	r.deployed.Store(handler)
}

// signed is a notification of each resource, signed with the registered secret.
func (r *rotation) signed() (all []asctest.SignedNotification) {
	for _, event := range []notification.Event{
		&notification.AppUnavailable{MarketplaceAppID: sample.MarketplaceAppID, AppID: sample.AppID},
		&notification.AlternativeDistributionPackageVersionCreated{MarketplaceAppID: sample.MarketplaceAppID, AppID: sample.AppID,
			PackageVersionID: sample.PackageVersionID},
	} {
		signed, err := r.server.Sign("", notification.New(event))
		if err != nil || len(signed) != 1 {
			r.t.Errorf("%d recipients, %v", len(signed), err)
		}
		all = append(all, signed...)
	}
	return all
}

func (r *rotation) send(notifications []asctest.SignedNotification) {
	for _, n := range notifications {
		if sent, err := n.Send(r.t.Context()); err != nil || sent.StatusCode != http.StatusOK {
			r.t.Errorf("lost: %d, %v", sent.StatusCode, err)
		}
	}
}

// meanwhile takes a step while notifications of both resources arrive. Those
// signed before the step arrive after it, too.
func (r *rotation) meanwhile(step func()) {
	inFlight := r.signed()
	var senders sync.WaitGroup
	for range 10 {
		senders.Go(func() { r.send(r.signed()) })
	}
	step()
	senders.Wait()
	r.send(inFlight)
}

// TestRotate rotates the secret of both resources while notifications arrive:
// none is lost.
func TestRotate(t *testing.T) {
	r := &rotation{t: t}
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.deployed.Load().ServeHTTP(w, req)
	}))
	defer service.Close()
	r.server = account(t, asctest.MarketplaceWebhook{EndpointURL: service.URL, Secret: "canary-1"},
		asctest.Webhook{ID: "w-1", AppID: sample.MarketplaceAppID, Name: "n", URL: service.URL, Secret: "canary-1", Enabled: true,
			EventTypes: eventTypes(wrapper.MarketplaceEvents())})
	oldSecret, newSecret := writeFile(t, "old-secret.txt", "canary-1\n"), writeFile(t, "new-secret.txt", "canary-2\n")
	knows := func(secretFile string) bool {
		code, _, _ := inProcess(t, "notify", service.URL, "--type", "webhookPingCreated", "--secret-file", secretFile)
		return code == exitOK
	}

	r.deploy("canary-1")
	if knows(newSecret) {
		t.Error("the receiver knows the new secret before it was deployed")
	}
	r.meanwhile(func() { r.deploy("canary-2", "canary-1") })
	if !knows(newSecret) {
		t.Error("the receiver does not know the new secret")
	}
	r.meanwhile(func() { succeed(t, "marketplace-webhooks", "update", "--secret-file", newSecret) })
	r.meanwhile(func() { succeed(t, "webhooks", "update", "w-1", "--secret-file", newSecret) })
	r.deploy("canary-2")
	r.send(r.signed())
	succeed(t, "webhooks", "ping", "w-1")
	r.server.Wait()
	if deliveries := succeed(t, "webhooks", "deliveries", "w-1", "--since", "5m"); !strings.Contains(deliveries, "SUCCEEDED  200  ping") ||
		strings.Contains(deliveries, "FAILED") {
		t.Errorf("deliveries: %s", deliveries)
	}
	if knows(oldSecret) {
		t.Error("the receiver knows the old secret after it was dropped")
	}
}
