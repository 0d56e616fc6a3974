package wrapper_test

import (
	"context"
	"errors"
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
	server := asctest.NewServer(t, asctest.WithApp(appID))
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
		if stored := server.State().Webhooks[0]; stored.Secret != "secret" {
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
