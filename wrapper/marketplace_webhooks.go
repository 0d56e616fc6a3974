package wrapper

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"github.com/ascmarketplace/webhooks/gen"
)

// MarketplaceWebhooks is the marketplaceWebhooks resource: the webhook to
// which App Store Connect posts notifications. Each developer account has at
// most one, shared by all of its marketplaces, as documented by Apple.
//
// Its methods return an *APIError when App Store Connect refuses, for Create
// perhaps within an *OutcomeUnknownError. They return an
// *UnexpectedResponseError for an invalid response, an error that matches
// ErrInvalid for an argument that is refused without sending anything, and
// otherwise the error of the network, the context or the TokenSource.
type MarketplaceWebhooks struct{ c *Client }

// MarketplaceWebhook is a registered webhook. Its secret can't be read back.
type MarketplaceWebhook struct {
	ID          string
	EndpointURL string
}

// MarketplaceWebhookParams is what Create, Update and Ensure are to set.
// Create needs both members; in Update a zero member stays as it is.
type MarketplaceWebhookParams struct {
	// EndpointURL is where notifications go: absolute, https (or http on a
	// loopback host, for tests), without user or fragment, and in the form to
	// which RFC 3986 normalises it.
	EndpointURL string
	// Secret is what notifications are signed with.
	Secret Secret
}

// Get returns the account's webhook, or an error that matches ErrNotFound
// when there is none. Apple offers no read of a single webhook, so Get reads the
// list.
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-marketplacewebhooks
func (s *MarketplaceWebhooks) Get(ctx context.Context) (webhook MarketplaceWebhook, err error) {
	webhooks, err := s.list(ctx)
	switch {
	case err != nil:
		return webhook, err
	case len(webhooks) == 0:
		return webhook, fmt.Errorf("wrapper: the account has no marketplace webhook: %w", ErrNotFound)
	case len(webhooks) > 1:
		return webhook, &UnexpectedResponseError{
			Method: http.MethodGet, Path: "/v1/marketplaceWebhooks", StatusCode: http.StatusOK,
			Reason: fmt.Sprintf("%d webhooks where an account has at most one; use List", len(webhooks)),
		}
	}
	return *webhooks[0], nil
}

// List returns the account's webhooks: none or one, by Apple's documentation.
// It reads one page, which Apple's default makes 50 long.
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-marketplacewebhooks
func (s *MarketplaceWebhooks) List(ctx context.Context) (webhooks []MarketplaceWebhook, err error) {
	list, err := s.list(ctx)
	for _, webhook := range list {
		webhooks = append(webhooks, *webhook)
	}
	return webhooks, err
}

func (s *MarketplaceWebhooks) list(ctx context.Context) ([]*MarketplaceWebhook, error) {
	call := s.c.call(operation{id: "marketplaceWebhooks_getCollection"})
	webhooks := list(call, newMarketplaceWebhook)
	page, _, err := webhooks.page(call.MarketplaceWebhooksGetCollection(ctx))
	return page, err
}

// Create registers the account's webhook. If the response is lost, it returns
// an *OutcomeUnknownError and does not try again: no operation of Apple's has
// an idempotency key. The response to a second create is documented nowhere;
// a 409, which matches ErrConflict, is assumed.
//
// https://developer.apple.com/documentation/appstoreconnectapi/post-v1-marketplacewebhooks
func (s *MarketplaceWebhooks) Create(ctx context.Context, p MarketplaceWebhookParams) (MarketplaceWebhook, error) {
	var body gen.MarketplaceWebhookCreateRequest
	body.Data.Type = gen.MarketplaceWebhookCreateRequestDataTypeMarketplaceWebhooks
	body.Data.Attributes.EndpointURL = p.EndpointURL
	body.Data.Attributes.Secret = p.Secret.reveal()
	invalid := cmp.Or(s.c.checkEndpointURL(p.EndpointURL), checkSecret(p.Secret))
	call := s.c.call(operation{id: "marketplaceWebhooks_createInstance", invalid: invalid, secret: p.Secret})
	webhook := single(call, "", newMarketplaceWebhook)
	return value(webhook.result(call.MarketplaceWebhooksCreateInstance(ctx, body)))
}

// Update changes the webhook's URL, its secret, or both. With neither it
// changes nothing and returns the webhook. Notifications that are under way
// may still be signed with the old secret (assumed).
//
// https://developer.apple.com/documentation/appstoreconnectapi/patch-v1-marketplacewebhooks-_id_
func (s *MarketplaceWebhooks) Update(
	ctx context.Context, id string, p MarketplaceWebhookParams,
) (MarketplaceWebhook, error) {
	var body gen.MarketplaceWebhookUpdateRequest
	body.Data.Type = gen.MarketplaceWebhookUpdateRequestDataTypeMarketplaceWebhooks
	body.Data.ID = id
	body.Data.Attributes.EndpointURL = p.EndpointURL
	body.Data.Attributes.Secret = p.Secret.reveal()
	invalid := cmp.Or(checkID(id), p.checkGiven(s.c))
	call := s.c.call(operation{id: "marketplaceWebhooks_updateInstance", invalid: invalid, secret: p.Secret})
	webhook := single(call, id, newMarketplaceWebhook)
	return value(webhook.result(call.MarketplaceWebhooksUpdateInstance(ctx, id, body)))
}

// Delete removes the webhook; notifications stop. It fails with an error that
// matches ErrNotFound if there is no such webhook, unless an earlier attempt
// whose response was lost can have removed it.
//
// https://developer.apple.com/documentation/appstoreconnectapi/delete-v1-marketplacewebhooks-_id_
func (s *MarketplaceWebhooks) Delete(ctx context.Context, id string) error {
	call := s.c.call(operation{id: "marketplaceWebhooks_deleteInstance", invalid: checkID(id)})
	return call.end(call.MarketplaceWebhooksDeleteInstance(ctx, id))
}

// checkGiven checks the members that are not zero.
func (p MarketplaceWebhookParams) checkGiven(c *Client) error {
	if p.EndpointURL != "" {
		if err := c.checkEndpointURL(p.EndpointURL); err != nil {
			return err
		}
	}
	if !p.Secret.IsZero() {
		return checkSecret(p.Secret)
	}
	return nil
}

func newMarketplaceWebhook(from *gen.MarketplaceWebhook, _ []included) (*MarketplaceWebhook, error) {
	return &MarketplaceWebhook{ID: from.ID, EndpointURL: from.Attributes.EndpointURL},
		checkResource(from.Type, gen.MarketplaceWebhookTypeMarketplaceWebhooks, from.ID)
}

func (w MarketplaceWebhook) id() string { return w.ID }
