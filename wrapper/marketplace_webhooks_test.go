package wrapper_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestLifeOfAWebhook goes through every operation, with both forms of response,
// each request and each response checked by the document.
func TestLifeOfAWebhook(t *testing.T) {
	for name, opts := range map[string][]asctest.Option{"one object": nil, "array of one": {asctest.Settings{ArrayResponses: true}}} {
		t.Run(name, func(t *testing.T) { lifeOfAWebhook(t, asctest.NewServer(t, opts...)) })
	}
}

func lifeOfAWebhook(t *testing.T, server *asctest.Server) {
	webhooks := connectChecked(t, server).MarketplaceWebhooks
	var created, moved wrapper.MarketplaceWebhook
	step := func(name string, do func(ctx context.Context) error, want asctest.MarketplaceWebhook) {
		if err := do(t.Context()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		stored, _ := server.MarketplaceWebhook()
		if want.ID = stored.ID; stored != want {
			t.Fatalf("%s: stored %+v, want %+v", name, stored, want)
		}
	}
	none := asctest.MarketplaceWebhook{}
	first := asctest.MarketplaceWebhook{EndpointURL: endpointURL, Secret: "first & <last>"}
	second := asctest.MarketplaceWebhook{EndpointURL: endpointURL + "/2", Secret: "first & <last>"}
	third := asctest.MarketplaceWebhook{EndpointURL: endpointURL + "/2", Secret: "third"}

	step("list of none", func(ctx context.Context) error {
		list, err := webhooks.List(ctx)
		return expect(err, len(list), 0)
	}, none)
	step("get before create", func(ctx context.Context) error {
		_, err := webhooks.Get(ctx)
		return expect(nil, errors.Is(err, wrapper.ErrNotFound), true)
	}, none)
	step("create", func(ctx context.Context) (err error) {
		created, err = webhooks.Create(ctx, params(first.EndpointURL, first.Secret))
		return expect(err, created.EndpointURL, endpointURL)
	}, first)
	step("second create", func(ctx context.Context) error {
		_, err := webhooks.Create(ctx, anyParams())
		return expect(nil, errors.Is(err, wrapper.ErrConflict), true)
	}, first)
	step("get", func(ctx context.Context) error {
		got, err := webhooks.Get(ctx)
		return expect(err, got, created)
	}, first)
	step("update of the URL", func(ctx context.Context) (err error) {
		moved, err = webhooks.Update(ctx, created.ID, params(second.EndpointURL, ""))
		return expect(err, moved, wrapper.MarketplaceWebhook{ID: created.ID, EndpointURL: second.EndpointURL})
	}, second)
	step("update of the secret", func(ctx context.Context) error {
		got, err := webhooks.Update(ctx, created.ID, params("", third.Secret))
		return expect(err, got, moved)
	}, third)
	step("update of nothing", func(ctx context.Context) error {
		got, err := webhooks.Update(ctx, created.ID, params("", ""))
		return expect(err, got, moved)
	}, third)
	step("delete", func(ctx context.Context) error { return webhooks.Delete(ctx, created.ID) }, none)
	step("second delete", func(ctx context.Context) error {
		return expect(nil, errors.Is(webhooks.Delete(ctx, created.ID), wrapper.ErrNotFound), true)
	}, none)
	step("update after delete", func(ctx context.Context) error {
		_, err := webhooks.Update(ctx, created.ID, anyParams())
		return expect(nil, errors.Is(err, wrapper.ErrNotFound), true)
	}, none)
}

// expect returns err, or an error if got is not want.
func expect[T comparable](err error, got, want T) error {
	if err == nil && got != want {
		err = fmt.Errorf("got %+v, want %+v", got, want)
	}
	return err
}

// TestDocumentedExamples: what Apple's documentation shows as a create is
// what is sent, and its response, which an update's equals, is understood.
func TestDocumentedExamples(t *testing.T) {
	response, err := os.ReadFile("testdata/create-response.json")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/create-request.json")
	if err != nil {
		t.Fatal(err)
	}
	var sent []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, _ = io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
		}
		_, _ = w.Write(response)
	}))
	defer server.Close()
	client := newClient(t, fixedToken("token"), wrapper.WithBaseURL(server.URL),
		over(asctest.Transport(t, nil)))
	documented := wrapper.MarketplaceWebhook{
		ID: "c74970b8-6be0-40fa-8f51-8e1532005635", EndpointURL: "https://example.com/api/ingest/notifications",
	}
	updated, err := client.MarketplaceWebhooks.Update(t.Context(), documented.ID, params(documented.EndpointURL, ""))
	if err != nil || updated != documented {
		t.Errorf("update: %+v, %v", updated, err)
	}
	created, err := client.MarketplaceWebhooks.Create(t.Context(), params(documented.EndpointURL, "This is my secret"))
	if err != nil || created != documented {
		t.Errorf("create: %+v, %v", created, err)
	}
	var gotJSON, wantJSON any
	if err := errors.Join(json.Unmarshal(sent, &gotJSON), json.Unmarshal(want, &wantJSON)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(gotJSON, wantJSON) {
		t.Errorf("sent %s, want %s", sent, want)
	}
}
