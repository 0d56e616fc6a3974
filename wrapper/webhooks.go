package wrapper

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"

	"github.com/ascmarketplace/webhooks/gen"
)

// Webhooks is the webhooks resource, the successor of marketplaceWebhooks:
// each webhook belongs to one app and subscribes to event types. An app has at
// most ten. The API key needs the role Account Holder, Admin or App Manager.
// All three are documented by Apple. That a marketplace names its own
// marketplace app here is assumed.
//
// Its methods return the same errors as those of MarketplaceWebhooks.
type Webhooks struct{ c *Client }

func (s *Webhooks) client() *Client {
	if s == nil {
		return nil
	}
	return s.c
}

// Webhook is a registered webhook. Its secret can't be read back.
type Webhook struct {
	ID         string
	Name       string
	URL        string
	EventTypes []EventType
	Enabled    bool
	AppID      string // empty where App Store Connect leaves the app out
}

// WebhookParams is what Create, Update and Ensure are to set. Create and Ensure
// need all but Enabled; in Update a zero member stays as it is.
type WebhookParams struct {
	Name string
	// URL is where notifications go; the rules are those of
	// MarketplaceWebhookParams.EndpointURL.
	URL string
	// Secret is what notifications are signed with. A new one signs at once.
	Secret Secret
	// EventTypes is the whole list, replacing the one before:
	// MarketplaceEvents(), AllEvents(), or some of them.
	EventTypes []EventType
	// Enabled is true in Create and Ensure where it is nil.
	Enabled *bool
}

// List returns the app's webhooks, reading one page after the other. An error
// ends the sequence. (Apple offers no list over all apps.)
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-apps-_id_-webhooks
func (s *Webhooks) List(ctx context.Context, appID string) iter.Seq2[Webhook, error] {
	return pages(func(query string) (got page[Webhook], err error) {
		op := operation{id: "apps_webhooks_getToManyRelated", invalid: checkAppID(appID)}
		err = s.client().call(ctx, op, func(ctx context.Context, edit gen.RequestEditorFn) (*http.Response, error) {
			params := &gen.AppsWebhooksGetToManyRelatedParams{Limit: maxPage}
			return s.c.api.AppsWebhooksGetToManyRelated(ctx, appID, params, withQuery(query), edit)
		}, func(body []byte) (err error) { got, err = decodeWebhooks(body); return err })
		return got, err
	})
}

// Get returns one webhook.
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-webhooks-_id_
func (s *Webhooks) Get(ctx context.Context, id string) (Webhook, error) {
	var webhook Webhook
	op := operation{id: "webhooks_getInstance", invalid: checkID(id)}
	err := s.client().call(ctx, op, func(ctx context.Context, edit gen.RequestEditorFn) (*http.Response, error) {
		return s.c.api.WebhooksGetInstance(ctx, id, edit)
	}, func(body []byte) (err error) { webhook, err = decodeWebhook(body, id); return err })
	return webhook, err
}

// Create registers a webhook for the app. If the response is lost, it returns
// an *OutcomeUnknownError and does not try again. An app that has ten webhooks
// takes no other: the error then matches ErrTooManyWebhooks.
//
// App Store Connect does not try the URL: one that nobody serves is accepted
// (seen live). Ping tells.
//
// https://developer.apple.com/documentation/appstoreconnectapi/post-v1-webhooks
func (s *Webhooks) Create(ctx context.Context, appID string, p WebhookParams) (Webhook, error) {
	var body gen.WebhookCreateRequest
	body.Data.Type = gen.WebhookCreateRequestDataTypeWebhooks
	body.Data.Attributes = gen.WebhookCreateRequestAttributes{
		Name: p.Name, URL: p.URL, Secret: p.Secret.reveal(),
		EventTypes: p.eventTypes(), Enabled: p.Enabled == nil || *p.Enabled,
	}
	body.Data.Relationships.App.Data.Type = gen.WebhookCreateRequestDataRelationshipsAppDataTypeApps
	body.Data.Relationships.App.Data.ID = appID
	op := operation{id: "webhooks_createInstance", invalid: cmp.Or(checkAppID(appID), p.checkAll()), secret: p.Secret}
	var webhook Webhook
	err := s.client().call(ctx, op, func(ctx context.Context, edit gen.RequestEditorFn) (*http.Response, error) {
		return s.c.api.WebhooksCreateInstance(ctx, body, edit)
	}, func(body []byte) (err error) { webhook, err = decodeWebhook(body, ""); return err })
	return webhook, s.tooMany(ctx, appID, err)
}

// Update changes what p sets. The webhook's app cannot be changed.
//
// https://developer.apple.com/documentation/appstoreconnectapi/patch-v1-webhooks-_id_
func (s *Webhooks) Update(ctx context.Context, id string, p WebhookParams) (Webhook, error) {
	var body gen.WebhookUpdateRequest
	body.Data.Type = gen.WebhookUpdateRequestDataTypeWebhooks
	body.Data.ID = id
	body.Data.Attributes = gen.WebhookUpdateRequestAttributes{
		Name: p.Name, URL: p.URL, Secret: p.Secret.reveal(), EventTypes: p.eventTypes(), Enabled: p.Enabled,
	}
	op := operation{id: "webhooks_updateInstance", invalid: cmp.Or(checkID(id), p.checkGiven()), secret: p.Secret}
	var webhook Webhook
	err := s.client().call(ctx, op, func(ctx context.Context, edit gen.RequestEditorFn) (*http.Response, error) {
		return s.c.api.WebhooksUpdateInstance(ctx, id, body, edit)
	}, func(body []byte) (err error) { webhook, err = decodeWebhook(body, id); return err })
	return webhook, err
}

// Delete removes the webhook; its notifications stop. It fails with an error
// that matches ErrNotFound if there is no such webhook, unless an earlier
// attempt whose response was lost can have removed it.
//
// https://developer.apple.com/documentation/appstoreconnectapi/delete-v1-webhooks-_id_
func (s *Webhooks) Delete(ctx context.Context, id string) error {
	op := operation{id: "webhooks_deleteInstance", invalid: checkID(id)}
	return s.client().call(ctx, op, func(ctx context.Context, edit gen.RequestEditorFn) (*http.Response, error) {
		return s.c.api.WebhooksDeleteInstance(ctx, id, edit)
	}, decodeNothing)
}

// Ping asks App Store Connect to post a ping to the webhook; Deliveries tells
// what became of it. A ping does no harm twice, so it is retried like a read.
//
// https://developer.apple.com/documentation/appstoreconnectapi/post-v1-webhookpings
func (s *Webhooks) Ping(ctx context.Context, id string) error {
	var body gen.WebhookPingCreateRequest
	body.Data.Type = gen.WebhookPingCreateRequestDataTypeWebhookPings
	body.Data.Relationships.Webhook.Data.Type = gen.WebhookPingCreateRequestDataRelationshipsWebhookDataTypeWebhooks
	body.Data.Relationships.Webhook.Data.ID = id
	op := operation{id: "webhookPings_createInstance", invalid: checkID(id), repeatable: true}
	return s.client().call(ctx, op, func(ctx context.Context, edit gen.RequestEditorFn) (*http.Response, error) {
		return s.c.api.WebhookPingsCreateInstance(ctx, body, edit)
	}, func(body []byte) error {
		var document gen.WebhookPingResponse
		if err := decode(body, &document); err != nil {
			return err
		}
		return checkResource(string(document.Data.Type), string(gen.WebhookPingTypeWebhookPings), document.Data.ID)
	})
}

// ErrTooManyWebhooks is matched when an app already has as many webhooks as
// Apple allows: ten.
var ErrTooManyWebhooks = errors.New("the app already has ten webhooks, which is Apple's limit")

const maxWebhooks = 10

// tooMany says what a conflict is about, where it is that: its code is
// documented nowhere, so the webhooks are counted.
func (s *Webhooks) tooMany(ctx context.Context, appID string, err error) error {
	if !errors.Is(err, ErrConflict) || isUnknown(err) {
		return err
	}
	if there, listErr := s.all(ctx, appID); listErr != nil || len(there) < maxWebhooks {
		return err
	}
	return fmt.Errorf("wrapper: %w: %w", ErrTooManyWebhooks, err)
}

func (s *Webhooks) all(ctx context.Context, appID string) (webhooks []Webhook, err error) {
	for webhook, err := range s.List(ctx, appID) {
		if err != nil {
			return nil, err
		}
		webhooks = append(webhooks, webhook)
	}
	return webhooks, nil
}

func (p WebhookParams) eventTypes() []gen.WebhookEventType {
	var types []gen.WebhookEventType
	for _, eventType := range p.EventTypes {
		types = append(types, gen.WebhookEventType(eventType))
	}
	return types
}

func decodeWebhooks(body []byte) (page[Webhook], error) {
	var document gen.WebhooksResponse
	if err := decode(body, &document); err != nil {
		return page[Webhook]{}, err
	}
	webhooks := make([]Webhook, len(document.Data))
	next, err := convertPage(document.Links, document.Data != nil, len(webhooks), func(i int) (err error) {
		webhooks[i], err = newWebhook(document.Data[i])
		return err
	})
	return page[Webhook]{webhooks, next}, err
}

// decodeWebhook takes the webhook with the id, or any if it is empty.
func decodeWebhook(body []byte, id string) (Webhook, error) {
	var document gen.WebhookResponse
	if err := decode(body, &document); err != nil {
		return Webhook{}, err
	}
	webhook, err := newWebhook(document.Data)
	if err == nil && id != "" && !strings.EqualFold(webhook.ID, id) {
		return Webhook{}, errors.New("data is another webhook")
	}
	return webhook, err
}

func newWebhook(from gen.Webhook) (Webhook, error) {
	if err := checkResource(string(from.Type), string(gen.WebhookTypeWebhooks), from.ID); err != nil {
		return Webhook{}, err
	}
	webhook := Webhook{
		ID: from.ID, Name: from.Attributes.Name, URL: from.Attributes.URL, Enabled: from.Attributes.Enabled,
		AppID: from.Relationships.App.Data.ID,
	}
	for _, eventType := range from.Attributes.EventTypes {
		webhook.EventTypes = append(webhook.EventTypes, EventType(eventType))
	}
	return webhook, nil
}
