package wrapper_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestLifeOfAnAppsWebhook goes through every operation against the fake, with
// each request and each response validated against the OpenAPI document.
func TestLifeOfAnAppsWebhook(t *testing.T) {
	var status atomic.Int64
	status.Store(http.StatusServiceUnavailable)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(int(status.Load()))
	}))
	defer receiver.Close()
	server := asctest.NewServer(t, asctest.WithApp(appID), asctest.WithLiveListing())
	client := connectChecked(t, server, quick)
	webhooks, ctx := client.Webhooks, t.Context()
	params := anyWebhookParams()
	params.URL = receiver.URL

	var webhook wrapper.Webhook
	step := func(name string, do func(t *testing.T)) {
		if !t.Run(name, do) {
			t.FailNow()
		}
	}
	step("an unknown app", func(t *testing.T) {
		if _, err := webhooks.Create(ctx, "999", params); !errors.Is(err, wrapper.ErrConflict) {
			t.Errorf("create: %v", err)
		}
		if err := firstError(webhooks.List(ctx, "999")); !errors.Is(err, wrapper.ErrNotFound) {
			t.Errorf("list: %v", err)
		}
	})
	step("ensure creates", func(t *testing.T) {
		result, err := webhooks.Ensure(ctx, appID, params)
		if err != nil || result.Action != wrapper.EnsureCreated || result.Webhook.AppID != appID || !result.Webhook.Enabled {
			t.Fatalf("got %+v, %v", result, err)
		}
		webhook = result.Webhook
	})
	step("get and list agree", func(t *testing.T) {
		got, err := webhooks.Get(ctx, webhook.ID)
		if err != nil || !slices.Equal(got.EventTypes, params.EventTypes) || got.URL != params.URL {
			t.Errorf("get: %+v, %v", got, err)
		}
		for listed, err := range webhooks.List(ctx, appID) {
			if err != nil || listed.ID != webhook.ID || listed.Name != got.Name {
				t.Errorf("list: %+v, %v", listed, err)
			}
		}
	})
	step("update leaves alone what it is not given", func(t *testing.T) {
		got, err := webhooks.Update(ctx, webhook.ID, wrapper.WebhookParams{Name: "renamed"})
		if err != nil || got.Name != "renamed" || got.URL != params.URL || !got.Enabled {
			t.Errorf("got %+v, %v", got, err)
		}
		if stored := server.Webhooks()[0]; stored.Secret != "secret" {
			t.Errorf("stored %+v", stored)
		}
	})
	var failed wrapper.Delivery
	step("a ping fails", func(t *testing.T) {
		if err := webhooks.Ping(ctx, webhook.ID); err != nil {
			t.Fatal(err)
		}
		server.Wait()
		for delivery, err := range webhooks.Deliveries(ctx, webhook.ID, wrapper.DeliveryFilter{}) {
			if err != nil || !delivery.Ping || delivery.State != wrapper.DeliveryFailed || delivery.StatusCode != http.StatusServiceUnavailable {
				t.Fatalf("got %+v, %v", delivery, err)
			}
			failed = delivery
		}
		if n, err := notification.Decode(failed.Payload); err != nil || n.ID != failed.EventID {
			t.Errorf("payload: %+v, %v", n, err)
		}
	})
	step("it is redelivered once", func(t *testing.T) {
		status.Store(http.StatusOK)
		again, err := webhooks.Redeliver(ctx, failed.ID)
		if err != nil || !again.Redelivery || again.EventID != failed.EventID {
			t.Fatalf("got %+v, %v", again, err)
		}
		server.Wait()
		filter := wrapper.DeliveryFilter{States: []wrapper.DeliveryState{wrapper.DeliverySucceeded}}
		found := 0
		for delivery, err := range webhooks.Deliveries(ctx, webhook.ID, filter) {
			if err != nil || delivery.ID != again.ID {
				t.Errorf("got %+v, %v", delivery, err)
			}
			found++
		}
		if _, err := webhooks.Redeliver(ctx, failed.ID); found != 1 || !errors.Is(err, wrapper.ErrConflict) {
			t.Errorf("%d succeeded; the second time: %v", found, err)
		}
	})
	step("catching up hands over what failed", func(t *testing.T) {
		status.Store(http.StatusServiceUnavailable)
		event := &notification.AlternativeDistributionPackageVersionCreated{
			MarketplaceAppID: appID, AppID: "1", PackageVersionID: "v",
		}
		if got, err := server.Notify(ctx, event); got != 503 || err != nil {
			t.Fatalf("notify: %d, %v", got, err)
		}
		var handed []string
		_, err := webhooks.CatchUp(ctx, webhook.ID, time.Time{}, func(_ context.Context, payload []byte) error {
			n, err := notification.Decode(payload)
			if err == nil {
				handed = append(handed, n.Type)
			}
			return err
		})
		if want := []string{"alternativeDistributionPackageVersionCreated"}; err != nil || !slices.Equal(handed, want) {
			t.Errorf("handed over %v, %v", handed, err)
		}
	})
	step("ten are the limit", func(t *testing.T) {
		for range 9 {
			if _, err := webhooks.Create(ctx, appID, params); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := webhooks.Create(ctx, appID, params); !errors.Is(err, wrapper.ErrTooManyWebhooks) {
			t.Errorf("the eleventh: %v", err)
		}
	})
	step("delete", func(t *testing.T) {
		if err := webhooks.Delete(ctx, webhook.ID); err != nil {
			t.Fatal(err)
		}
		_, getErr := webhooks.Get(ctx, webhook.ID)
		for name, err := range map[string]error{
			"get": getErr, "delete": webhooks.Delete(ctx, webhook.ID),
			"deliveries": firstError(webhooks.Deliveries(ctx, webhook.ID, wrapper.DeliveryFilter{})),
		} {
			if !errors.Is(err, wrapper.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestDeliveriesOverManyPages: the fake's links.next name another host, to
// which nothing is sent.
func TestDeliveriesOverManyPages(t *testing.T) {
	t.Parallel()
	server := asctest.NewServer(t, asctest.WithApp(appID), asctest.WithLiveListing(),
		asctest.WithDeliveryTransport(roundTripper(func(req *http.Request) (*http.Response, error) {
			_, _ = io.Copy(io.Discard, req.Body)
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, nil
		})))
	client := connectChecked(t, server, quick)
	id := prepare(server, asctest.WebhooksDeliveries)
	want := map[string]bool{}
	for range 401 {
		event := notification.New(&notification.BuildUploadStateUpdated{StateChange: notification.StateChange{InstanceID: "b", New: "COMPLETE"}})
		sent, err := server.NotifyWebhooks(t.Context(), appID, event)
		if err != nil {
			t.Fatal(err)
		}
		want[sent[0].ID] = true
	}
	for delivery, err := range client.Webhooks.Deliveries(t.Context(), id, wrapper.DeliveryFilter{}) {
		if err != nil || !want[delivery.ID] || len(delivery.Payload) == 0 {
			t.Fatalf("got %+v, %v", delivery, err)
		}
		delete(want, delivery.ID)
	}
	if len(want) != 0 || countRequests(server.Handler, asctest.WebhooksDeliveries) != 3 {
		t.Errorf("%d not listed, %d requests", len(want), countRequests(server.Handler, asctest.WebhooksDeliveries))
	}
}

// TestPackageVersionOfTheFake is read and downloaded; the download gets no token.
func TestPackageVersionOfTheFake(t *testing.T) {
	server := asctest.NewServer(t, asctest.WithPackageVersion(asctest.PackageVersion{
		PackageFile: asctest.PackageFile{ID: "v", Content: []byte("the package")}, PackageID: "p", Version: "7",
		Variants: make([]asctest.PackageFile, 51), Deltas: make([]asctest.PackageFile, 2),
	}))
	got, err := connectChecked(t, server).PackageVersions.Get(t.Context(), "v")
	if err != nil {
		t.Fatal(err)
	}
	if got.PackageID != "p" || got.Version != "7" || got.State != wrapper.PackageVersionCompleted ||
		len(got.Variants) != 50 || got.VariantsTotal != 51 || len(got.Deltas) != 2 || got.Complete {
		t.Errorf("got %+v", got)
	}
	if left := time.Until(got.URLExpirationDate); left < 50*time.Minute || left > time.Hour {
		t.Errorf("expires in %v", left)
	}
	response, err := server.Client().Get(got.URL.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if content, _ := io.ReadAll(response.Body); string(content) != "the package" {
		t.Errorf("downloaded %d %q", response.StatusCode, content)
	}
}
