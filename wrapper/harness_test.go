package wrapper_test

import (
	"net/http"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

const endpointURL = "https://marketplace.example/notifications"

// connect returns a client of server with a token source of its own, whose
// traffic is not held against the document: for tests in which it is spoilt.
func connect(tb testing.TB, server *asctest.Server, opts ...wrapper.Option) *wrapper.Client {
	tb.Helper()
	tokens, err := auth.NewTokenSource(auth.Key(server.Key()))
	if err != nil {
		tb.Fatal(err)
	}
	client, err := wrapper.NewClient(tokens, append([]wrapper.Option{
		wrapper.WithBaseURL(server.URL), wrapper.WithHTTPClient(server.Client()),
	}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	return client
}

// connectChecked is connect with every request and every answer held against
// the document.
func connectChecked(tb testing.TB, server *asctest.Server, opts ...wrapper.Option) *wrapper.Client {
	tb.Helper()
	checked := &http.Client{Transport: asctest.Transport(tb, server.Client().Transport)}
	return connect(tb, server, append([]wrapper.Option{wrapper.WithHTTPClient(checked)}, opts...)...)
}

// perform makes the one call of the operation on a webhook that exists, or is
// to exist.
func perform(tb testing.TB, client *wrapper.Client, operation asctest.Operation, id string) error {
	tb.Helper()
	var err error
	switch operation {
	case asctest.List:
		_, err = client.MarketplaceWebhooks.List(tb.Context())
	case asctest.Create:
		_, err = client.MarketplaceWebhooks.Create(tb.Context(), anyParams())
	case asctest.Update:
		_, err = client.MarketplaceWebhooks.Update(tb.Context(), id, params(endpointURL, ""))
	case asctest.Delete:
		err = client.MarketplaceWebhooks.Delete(tb.Context(), id)
	}
	return err
}

var operations = []asctest.Operation{asctest.List, asctest.Create, asctest.Update, asctest.Delete}

// prepare registers a webhook, unless the operation is to do so, and returns
// its id.
func prepare(server *asctest.Server, operation asctest.Operation) string {
	return prepareHandler(server.Handler, operation)
}

func prepareHandler(fake *asctest.Handler, operation asctest.Operation) string {
	fake.RemoveWebhook()
	if operation == asctest.Create {
		return ""
	}
	fake.SetWebhook(asctest.Webhook{EndpointURL: endpointURL, Secret: "secret"})
	webhook, _ := fake.Webhook()
	return webhook.ID
}

// countRequests returns how many requests of the operation the fake has seen.
func countRequests(fake *asctest.Handler, operation asctest.Operation) (n int) {
	for _, r := range fake.Requests() {
		if r.Operation == operation {
			n++
		}
	}
	return n
}

// anyParams is a webhook that can be created.
func anyParams() wrapper.MarketplaceWebhookParams { return params(endpointURL, "secret") }

// params is what a call is to set; without a secret if it is empty.
func params(url, secret string) wrapper.MarketplaceWebhookParams {
	p := wrapper.MarketplaceWebhookParams{EndpointURL: url}
	if secret != "" {
		p.Secret = wrapper.NewSecret(secret)
	}
	return p
}
