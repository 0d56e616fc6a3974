package wrapper

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"

	"github.com/ascmarketplace/webhooks/gen"
)

// MarketplaceWebhooks is the marketplaceWebhooks resource: the webhook to
// which App Store Connect posts notifications. Each developer account has at
// most one, shared by all of its marketplaces, as documented by Apple.
//
// Its methods return an *APIError when App Store Connect refuses, or one of
// the errors that wrap it: *NotAuthorizedError, *RateLimitedError and, for
// Create, *OutcomeUnknownError. They return an *UnexpectedResponseError or a
// *RedirectError for an invalid response, an error that matches ErrInvalid for
// an argument that is refused without sending anything, and otherwise the error
// of the network, the context or the TokenSource.
type MarketplaceWebhooks struct{ c *Client }

func (s *MarketplaceWebhooks) client() *Client {
	if s == nil {
		return nil
	}
	return s.c
}

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
// when there is none. Apple offers no read of a single webhook: it is the list
// that is read.
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-marketplacewebhooks
func (s *MarketplaceWebhooks) Get(ctx context.Context) (MarketplaceWebhook, error) {
	webhooks, err := s.list(ctx, 1)
	if err != nil {
		return MarketplaceWebhook{}, err
	}
	if len(webhooks) == 0 {
		return MarketplaceWebhook{}, fmt.Errorf("wrapper: the account has no marketplace webhook: %w", ErrNotFound)
	}
	return webhooks[0], nil
}

// List returns the account's webhooks: none or one, by Apple's documentation.
// It reads one page, which Apple's default makes 50 long.
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-marketplacewebhooks
func (s *MarketplaceWebhooks) List(ctx context.Context) ([]MarketplaceWebhook, error) {
	return s.list(ctx, math.MaxInt)
}

// list takes more than limit webhooks for an invalid response.
func (s *MarketplaceWebhooks) list(ctx context.Context, limit int) (webhooks []MarketplaceWebhook, err error) {
	op := operation{id: "marketplaceWebhooks_getCollection"}
	err = s.client().call(ctx, op, func(ctx context.Context, edit gen.RequestEditorFn) (*http.Response, error) {
		return s.c.api.MarketplaceWebhooksGetCollection(ctx, edit)
	}, func(body []byte) error {
		got, err := decodeMarketplaceWebhooks(body)
		if len(got) > limit {
			err = fmt.Errorf("%d webhooks where an account has at most one; use List", len(got))
		}
		if err == nil {
			webhooks = got
		}
		return err
	})
	return webhooks, err
}

// Create registers the account's webhook. If the response is lost, it returns
// an *OutcomeUnknownError and does not try again: no operation of Apple's has
// an idempotency key. The response to a second create is documented nowhere;
// a 409, which matches ErrConflict, is assumed.
//
// https://developer.apple.com/documentation/appstoreconnectapi/post-v1-marketplacewebhooks
func (s *MarketplaceWebhooks) Create(ctx context.Context, p MarketplaceWebhookParams) (MarketplaceWebhook, error) {
	invalid := cmp.Or(checkEndpointURL(p.EndpointURL), checkSecret(p.Secret))
	op := operation{id: "marketplaceWebhooks_createInstance", invalid: invalid, secret: p.Secret}
	var webhook MarketplaceWebhook
	err := s.client().call(ctx, op, func(ctx context.Context, edit gen.RequestEditorFn) (*http.Response, error) {
		return s.c.api.MarketplaceWebhooksCreateInstance(ctx, gen.MarketplaceWebhookCreateRequest{
			Data: gen.MarketplaceWebhookCreateRequestData{
				Type: gen.MarketplaceWebhookCreateRequestDataTypeMarketplaceWebhooks,
				Attributes: gen.MarketplaceWebhookCreateRequestAttributes{
					EndpointURL: p.EndpointURL, Secret: p.Secret.reveal(),
				},
			},
		}, edit)
	}, func(body []byte) (err error) { webhook, err = decodeMarketplaceWebhook(body, ""); return err })
	return webhook, err
}

// Update changes the webhook's URL, its secret, or both. With neither it
// changes nothing and returns the webhook. Notifications that are under way
// may still be signed with the old secret.
//
// https://developer.apple.com/documentation/appstoreconnectapi/patch-v1-marketplacewebhooks-_id_
func (s *MarketplaceWebhooks) Update(ctx context.Context, id string, p MarketplaceWebhookParams) (MarketplaceWebhook, error) {
	invalid := cmp.Or(checkID(id), p.checkGiven())
	op := operation{id: "marketplaceWebhooks_updateInstance", invalid: invalid, secret: p.Secret}
	var webhook MarketplaceWebhook
	err := s.client().call(ctx, op, func(ctx context.Context, edit gen.RequestEditorFn) (*http.Response, error) {
		return s.c.api.MarketplaceWebhooksUpdateInstance(ctx, id, gen.MarketplaceWebhookUpdateRequest{
			Data: gen.MarketplaceWebhookUpdateRequestData{
				Type: gen.MarketplaceWebhookUpdateRequestDataTypeMarketplaceWebhooks,
				ID:   id,
				Attributes: gen.MarketplaceWebhookUpdateRequestAttributes{
					EndpointURL: p.EndpointURL, Secret: p.Secret.reveal(),
				},
			},
		}, edit)
	}, func(body []byte) (err error) { webhook, err = decodeMarketplaceWebhook(body, id); return err })
	return webhook, err
}

// Delete removes the webhook; notifications stop. It fails with an error that
// matches ErrNotFound if there is no such webhook, unless an earlier attempt
// whose response was lost can have removed it.
//
// https://developer.apple.com/documentation/appstoreconnectapi/delete-v1-marketplacewebhooks-_id_
func (s *MarketplaceWebhooks) Delete(ctx context.Context, id string) error {
	op := operation{id: "marketplaceWebhooks_deleteInstance", invalid: checkID(id)}
	return s.client().call(ctx, op, func(ctx context.Context, edit gen.RequestEditorFn) (*http.Response, error) {
		return s.c.api.MarketplaceWebhooksDeleteInstance(ctx, id, edit)
	}, decodeNothing)
}

// checkGiven checks the members that are not zero.
func (p MarketplaceWebhookParams) checkGiven() error {
	if p.EndpointURL != "" {
		if err := checkEndpointURL(p.EndpointURL); err != nil {
			return err
		}
	}
	if !p.Secret.IsZero() {
		return checkSecret(p.Secret)
	}
	return nil
}

func decodeMarketplaceWebhooks(body []byte) ([]MarketplaceWebhook, error) {
	var document gen.MarketplaceWebhooksResponse
	if err := decode(body, &document); err != nil {
		return nil, err
	}
	webhooks := make([]MarketplaceWebhook, len(document.Data))
	return webhooks, convertAll(document.Data != nil, len(webhooks), func(i int) (err error) {
		webhooks[i], err = newMarketplaceWebhook(document.Data[i])
		return err
	})
}

// decodeMarketplaceWebhook takes the webhook with the id, or any if it is empty,
// in both forms of data: Apple's OpenAPI document has one object, the documented
// examples an array of one.
func decodeMarketplaceWebhook(body []byte, id string) (webhook MarketplaceWebhook, err error) {
	var document gen.MarketplaceWebhookResponse
	err = decode(body, &document)
	if err == nil {
		webhook, err = newMarketplaceWebhook(document.Data)
	} else if list, listErr := decodeMarketplaceWebhooks(body); listErr == nil {
		if len(list) != 1 {
			return webhook, fmt.Errorf("data has %d webhooks, not one", len(list))
		}
		webhook, err = list[0], nil
	}
	if err == nil && id != "" && !strings.EqualFold(webhook.ID, id) {
		return MarketplaceWebhook{}, errors.New("data is another webhook")
	}
	return webhook, err
}

func newMarketplaceWebhook(from gen.MarketplaceWebhook) (MarketplaceWebhook, error) {
	if err := checkResource(string(from.Type), string(gen.MarketplaceWebhookTypeMarketplaceWebhooks), from.ID); err != nil {
		return MarketplaceWebhook{}, err
	}
	return MarketplaceWebhook{ID: from.ID, EndpointURL: from.Attributes.EndpointURL}, nil
}
