package docs_test

// What upgrading.md shows, against the little of App Store Connect that it needs.

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/ascmarketplace/webhooks/wrapper"
)

func registerSuccessor(ctx context.Context, client *wrapper.Client, appID, url, secret string) error {
	result, err := client.Webhooks.Ensure(ctx, appID, wrapper.WebhookParams{
		Name:       "marketplace",
		URL:        url,
		Secret:     wrapper.NewSecret(secret),
		EventTypes: wrapper.MarketplaceEvents(),
	})
	if err != nil {
		return err
	}
	return client.Webhooks.Ping(ctx, result.Webhook.ID)
}

type token string

func (t token) Token(context.Context) (string, error) { return string(t), nil }

func TestRegisterSuccessor(t *testing.T) {
	t.Parallel()
	const url = "https://marketplace.example/notifications"
	const webhook = `{"type":"webhooks","id":"1","attributes":{"name":"marketplace","url":"` + url + `","enabled":true}}`
	var writes []string
	registered := ""
	apple := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			writes = append(writes, r.Method+" "+r.URL.Path)
		}
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/v1/apps/6477361842/webhooks":
			_, _ = w.Write([]byte(`{"data":[` + registered + `],"links":{"self":"https://apple.example"}}`))
		case "/v1/webhooks":
			registered = webhook
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write([]byte(`{"data":` + webhook + `,"links":{"self":"https://apple.example"}}`))
		case "/v1/webhookPings":
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write([]byte(`{"data":{"type":"webhookPings","id":"2"},"links":{"self":"https://apple.example"}}`))
		}
	}))
	defer apple.Close()
	client, err := wrapper.NewClient(token("token"), wrapper.WithBaseURL(apple.URL))
	if err != nil {
		t.Fatal(err)
	}
	if err := registerSuccessor(t.Context(), client, "6477361842", url, "secret"); err != nil {
		t.Fatal(err)
	}
	if want := []string{"POST /v1/webhooks", "POST /v1/webhookPings"}; !slices.Equal(writes, want) {
		t.Errorf("got %v, want %v", writes, want)
	}
}
