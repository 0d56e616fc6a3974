package wrapper

import (
	"context"
	"errors"
	"fmt"
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
// *RedirectError for an answer that is no answer, an error that matches
// ErrInvalid for an argument that is not worth sending, and otherwise the error
// of the network, the context or the TokenSource.
type MarketplaceWebhooks struct{ c *Client }

// MarketplaceWebhook is a registered webhook. Its secret can't be read back.
type MarketplaceWebhook struct {
	ID          string
	EndpointURL string
}

// CreateMarketplaceWebhook is what Create needs: both members.
type CreateMarketplaceWebhook struct {
	// EndpointURL is where notifications go: absolute, https (or http on a
	// loopback host, for tests), without user or fragment.
	EndpointURL string
	Secret      Secret
}

// UpdateMarketplaceWebhook is what Update changes; a zero member stays as it
// is. With neither, Update changes nothing and returns the webhook.
type UpdateMarketplaceWebhook struct {
	EndpointURL string
	Secret      Secret
}

var (
	listOperation   = operation{"marketplaceWebhooks_getCollection", http.MethodGet, "/v1/marketplaceWebhooks", http.StatusOK, true}
	createOperation = operation{"marketplaceWebhooks_createInstance", http.MethodPost, "/v1/marketplaceWebhooks", http.StatusCreated, false}
	// Update sets absolute values, so repeating it changes nothing more.
	updateOperation = operation{"marketplaceWebhooks_updateInstance", http.MethodPatch, "/v1/marketplaceWebhooks/{id}", http.StatusOK, true}
	deleteOperation = operation{"marketplaceWebhooks_deleteInstance", http.MethodDelete, "/v1/marketplaceWebhooks/{id}", http.StatusNoContent, true}
)

// Get returns the account's webhook, or an error that matches ErrNotFound
// when there is none.
func (s *MarketplaceWebhooks) Get(ctx context.Context) (MarketplaceWebhook, error) {
	webhooks, err := s.List(ctx)
	switch {
	case err != nil:
		return MarketplaceWebhook{}, err
	case len(webhooks) == 0:
		return MarketplaceWebhook{}, fmt.Errorf("wrapper: the account has no marketplace webhook: %w", ErrNotFound)
	case len(webhooks) > 1:
		return MarketplaceWebhook{}, &UnexpectedResponseError{
			Method: listOperation.method, Path: listOperation.path, StatusCode: http.StatusOK,
			Reason: fmt.Sprintf("%d webhooks where an account has at most one; use List", len(webhooks)),
		}
	}
	return webhooks[0], nil
}

// List returns the account's webhooks: none or one, by Apple's documentation.
// It reads one page, which Apple's default makes 50 long.
func (s *MarketplaceWebhooks) List(ctx context.Context) ([]MarketplaceWebhook, error) {
	return call(ctx, s.c, request{operation: listOperation}, decodeList)
}

// Create registers the account's webhook. Its answer lost, it returns an
// *OutcomeUnknownError and does not try again: no operation of Apple's has an
// idempotency key. What a second webhook is answered is documented nowhere;
// a 409, which matches ErrConflict, is assumed.
func (s *MarketplaceWebhooks) Create(ctx context.Context, create CreateMarketplaceWebhook) (MarketplaceWebhook, error) {
	if err := checkEndpointURL(create.EndpointURL); err != nil {
		return MarketplaceWebhook{}, err
	}
	if err := checkSecret(create.Secret); err != nil {
		return MarketplaceWebhook{}, err
	}
	body := gen.MarketplaceWebhookCreateRequest{
		Data: gen.MarketplaceWebhookCreateRequestData{
			Type: gen.MarketplaceWebhookCreateRequestDataTypeMarketplaceWebhooks,
			Attributes: gen.MarketplaceWebhookCreateRequestAttributes{
				EndpointURL: create.EndpointURL,
				Secret:      create.Secret.reveal(),
			},
		},
	}
	return call(ctx, s.c, request{operation: createOperation, body: body, secret: create.Secret}, decodeOne)
}

// Update changes the webhook's URL, its secret, or both. Notifications that
// are under way may still be signed with the old secret.
func (s *MarketplaceWebhooks) Update(ctx context.Context, id string, update UpdateMarketplaceWebhook) (MarketplaceWebhook, error) {
	if err := checkID(id); err != nil {
		return MarketplaceWebhook{}, err
	}
	if update.EndpointURL != "" {
		if err := checkEndpointURL(update.EndpointURL); err != nil {
			return MarketplaceWebhook{}, err
		}
	}
	if !update.Secret.IsZero() {
		if err := checkSecret(update.Secret); err != nil {
			return MarketplaceWebhook{}, err
		}
	}
	body := gen.MarketplaceWebhookUpdateRequest{
		Data: gen.MarketplaceWebhookUpdateRequestData{
			Type: gen.MarketplaceWebhookUpdateRequestDataTypeMarketplaceWebhooks,
			ID:   id,
			Attributes: gen.MarketplaceWebhookUpdateRequestAttributes{
				EndpointURL: update.EndpointURL,
				Secret:      update.Secret.reveal(),
			},
		},
	}
	return call(ctx, s.c, request{operation: updateOperation, id: id, body: body, secret: update.Secret}, func(body []byte) (MarketplaceWebhook, error) {
		webhook, err := decodeOne(body)
		if err == nil && !strings.EqualFold(webhook.ID, id) {
			err = errors.New("data is another webhook")
		}
		return webhook, err
	})
}

// Delete removes the webhook; notifications stop. It fails with an error that
// matches ErrNotFound if there is no such webhook, unless an attempt before
// whose answer was lost can have removed it.
func (s *MarketplaceWebhooks) Delete(ctx context.Context, id string) error {
	if err := checkID(id); err != nil {
		return err
	}
	_, err := call(ctx, s.c, request{operation: deleteOperation, id: id}, decodeNothing)
	return err
}
