package wrapper_test

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

const endpointURL = "https://marketplace.example/notifications"

// connect returns a client of server with a token source of its own, whose
// traffic is not checked by the document: for tests that corrupt it.
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

// connectChecked is connect with every request and every response checked by
// the document.
func connectChecked(tb testing.TB, server *asctest.Server, opts ...wrapper.Option) *wrapper.Client {
	tb.Helper()
	checked := &http.Client{Transport: asctest.Transport(tb, server.Client().Transport)}
	return connect(tb, server, append([]wrapper.Option{wrapper.WithHTTPClient(checked)}, opts...)...)
}

// perform makes the one call of the operation on what prepare has prepared.
func perform(tb testing.TB, client *wrapper.Client, operation asctest.Operation, id string) error {
	tb.Helper()
	ctx := tb.Context()
	var err error
	switch operation {
	case asctest.MarketplaceWebhooksList:
		_, err = client.MarketplaceWebhooks.List(ctx)
	case asctest.MarketplaceWebhooksCreate:
		_, err = client.MarketplaceWebhooks.Create(ctx, anyParams())
	case asctest.MarketplaceWebhooksUpdate:
		_, err = client.MarketplaceWebhooks.Update(ctx, id, params(endpointURL, ""))
	case asctest.MarketplaceWebhooksDelete:
		err = client.MarketplaceWebhooks.Delete(ctx, id)
	case asctest.WebhooksList:
		err = firstError(client.Webhooks.List(ctx, appID))
	case asctest.WebhooksGet:
		_, err = client.Webhooks.Get(ctx, id)
	case asctest.WebhooksCreate:
		_, err = client.Webhooks.Create(ctx, appID, anyWebhookParams())
	case asctest.WebhooksUpdate:
		_, err = client.Webhooks.Update(ctx, id, wrapper.WebhookParams{Name: "renamed"})
	case asctest.WebhooksDelete:
		err = client.Webhooks.Delete(ctx, id)
	case asctest.WebhooksPing:
		err = client.Webhooks.Ping(ctx, id)
	case asctest.WebhooksDeliveries:
		err = firstError(client.Webhooks.Deliveries(ctx, id, wrapper.DeliveryFilter{}))
	case asctest.WebhooksRedeliver:
		_, err = client.Webhooks.Redeliver(ctx, id)
	case asctest.PackageVersionsGet:
		_, err = client.PackageVersions.Get(ctx, id)
	}
	return err
}

func firstError[T any](all iter.Seq2[T, error]) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

// The operations, by what may be done after a fault: a create is sent once,
// all else again. The updates, and the ping, have a body to send again.
var (
	creates = []asctest.Operation{asctest.MarketplaceWebhooksCreate, asctest.WebhooksCreate, asctest.WebhooksRedeliver}
	reads   = []asctest.Operation{
		asctest.MarketplaceWebhooksList, asctest.WebhooksList, asctest.WebhooksGet, asctest.WebhooksDeliveries,
		asctest.PackageVersionsGet,
	}
	updates = []asctest.Operation{asctest.MarketplaceWebhooksUpdate, asctest.WebhooksUpdate, asctest.WebhooksPing}
	deletes = []asctest.Operation{asctest.MarketplaceWebhooksDelete, asctest.WebhooksDelete}

	allOperations = slices.Concat(creates, reads, updates, deletes)
)

// sample returns a create, a read, an update and a delete: others for the next
// n, so that a table meets all of them.
func sample(n int) []asctest.Operation {
	return []asctest.Operation{creates[n%len(creates)], reads[n%len(reads)], updates[n%len(updates)], deletes[n%len(deletes)]}
}

// prepare registers what the operation needs, but not what it is to create, and
// returns the id that the operation takes.
func prepare(server *asctest.Server, operation asctest.Operation) string {
	return prepareHandler(server.Handler, operation)
}

func prepareHandler(fake *asctest.Handler, operation asctest.Operation) string {
	set := func(change func(*asctest.State)) {
		if err := fake.Update(change); err != nil {
			panic(err)
		}
	}
	set(func(s *asctest.State) { s.Apps, s.MarketplaceWebhook, s.Webhooks = []string{appID}, nil, nil })
	switch operation {
	case asctest.MarketplaceWebhooksCreate, asctest.WebhooksCreate:
		return ""
	case asctest.MarketplaceWebhooksList, asctest.MarketplaceWebhooksUpdate, asctest.MarketplaceWebhooksDelete:
		set(func(s *asctest.State) {
			s.MarketplaceWebhook = &asctest.MarketplaceWebhook{EndpointURL: endpointURL, Secret: "secret"}
		})
		return fake.State().MarketplaceWebhook.ID
	case asctest.PackageVersionsGet:
		set(func(s *asctest.State) { s.PackageVersions = []asctest.PackageVersion{{Version: "1"}} })
		return fake.State().PackageVersions[0].ID
	}
	set(func(s *asctest.State) {
		s.Webhooks = []asctest.Webhook{{
			AppID: appID, Name: "n", URL: "http://127.0.0.1:1/", Secret: "secret", Enabled: true,
			EventTypes: []string{string(wrapper.EventBuildUploadStateUpdated)},
		}}
	})
	id := fake.State().Webhooks[0].ID
	if operation != asctest.WebhooksRedeliver {
		return id
	}
	return notify(fake, id).ID
}

// register replaces the account's marketplace webhook, past the API.
func register(fake interface {
	Update(func(*asctest.State)) error
}, w asctest.MarketplaceWebhook) {
	if err := fake.Update(func(s *asctest.State) { s.MarketplaceWebhook = &w }); err != nil {
		panic(err)
	}
}

// notify posts an event to a webhook, whose receiver need not be there.
func notify(fake *asctest.Handler, webhookID string) asctest.Delivery {
	event := notification.New(&notification.BuildUploadStateUpdated{StateChange: notification.StateChange{InstanceID: "b", New: "COMPLETE"}})
	signed, err := fake.Sign(webhookID, event)
	if err != nil {
		panic(err)
	}
	sent, _ := signed[0].Send(context.Background())
	return sent
}

// anyWebhookParams is a webhook that can be created.
func anyWebhookParams() wrapper.WebhookParams {
	return wrapper.WebhookParams{
		Name: "n", URL: endpointURL, Secret: wrapper.NewSecret("secret"), EventTypes: wrapper.MarketplaceEvents(),
	}
}

// exists reports whether what the operation creates or deletes is there.
func exists(fake *asctest.Handler, operation asctest.Operation) bool {
	switch operation {
	case asctest.MarketplaceWebhooksCreate, asctest.MarketplaceWebhooksDelete:
		_, there := fake.MarketplaceWebhook()
		return there
	case asctest.WebhooksRedeliver:
		return len(fake.Deliveries(fake.State().Webhooks[0].ID)) > 1 // the first is the one to send again
	default:
		return len(fake.State().Webhooks) > 0
	}
}

// countRequests returns how many requests of the operation the fake has seen.
func countRequests(fake *asctest.Handler, operation asctest.Operation) (n int) {
	for _, r := range fake.Exchanges() {
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

func is[E error](err error) bool { _, ok := errors.AsType[E](err); return ok }

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

// isPlain: an error of the network, none of ours.
func isPlain(err error) bool {
	return !is[*wrapper.APIError](err) && !is[*wrapper.UnexpectedResponseError](err) &&
		!is[*wrapper.OutcomeUnknownError](err)
}

var (
	quick = wrapper.WithRetry(wrapper.Retry{Backoff: time.Millisecond})
	once  = wrapper.WithRetry(wrapper.Retry{Attempts: 1})
)
