package main

import (
	"net/http"
	"reflect"
	"slices"
	"testing"

	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestRehearse: writes succeed and change nothing, and lists show what was created and not what was deleted.
func TestRehearse(t *testing.T) {
	server := inUse(t, "https://h.example/")
	before := server.State()
	tokens, err := auth.NewTokenSource(auth.Key(server.Key()))
	if err != nil {
		t.Fatal(err)
	}
	client, err := wrapper.NewClient(tokens, wrapper.WithBaseURL(server.URL),
		wrapper.WithHTTPClient(&http.Client{Transport: rehearsable{http.DefaultTransport}}))
	if err != nil {
		t.Fatal(err)
	}
	ctx := rehearse(t.Context())
	created, err := client.Webhooks.Create(ctx, sample.MarketplaceAppID, wrapper.WebhookParams{
		Name: "n", URL: "https://new.example/", Secret: wrapper.NewSecret("s"), EventTypes: wrapper.MarketplaceEvents()})
	if err != nil || created.ID != dryRunID || created.Name != "n" {
		t.Errorf("created %+v, %v", created, err)
	}
	if err := client.Webhooks.Delete(ctx, "all"); err != nil {
		t.Error(err)
	}
	var names []string
	for webhook, err := range client.Webhooks.List(ctx, sample.MarketplaceAppID) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, webhook.Name)
	}
	if !slices.Equal(names, []string{"other", "n"}) {
		t.Errorf("listed %q", names)
	}
	if after := server.State(); !reflect.DeepEqual(after, before) {
		t.Errorf("changed to %+v", after)
	}
}
