package wrapper

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
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
	// Secret is what notifications are signed with. A new one signs at once (seen
	// live).
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
	params := gen.AppsWebhooksGetToManyRelatedParams{Limit: maxPage}
	return pages[Webhook](func(query string) ([]*Webhook, string, error) {
		call := s.c.call(operation{id: "apps_webhooks_getToManyRelated", invalid: checkAppID(appID), query: query})
		webhooks := list(call, newWebhook)
		page, next, err := webhooks.page(call.AppsWebhooksGetToManyRelated(ctx, appID, &params))
		if errors.Is(err, ErrNotFound) {
			err = fmt.Errorf("wrapper: app %s does not exist, or this API key may not see it: %w", appID, err)
		}
		return page, next, err
	}).all
}

// Get returns one webhook.
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-webhooks-_id_
func (s *Webhooks) Get(ctx context.Context, id string) (Webhook, error) {
	call := s.c.call(operation{id: "webhooks_getInstance", invalid: checkID(id)})
	webhook := single(call, id, newWebhook)
	return value(webhook.result(call.WebhooksGetInstance(ctx, id)))
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
		EventTypes: retyped[gen.WebhookEventType](p.EventTypes), Enabled: p.Enabled == nil || *p.Enabled,
	}
	body.Data.Relationships.App.Data.Type = gen.WebhookCreateRequestDataRelationshipsAppDataTypeApps
	body.Data.Relationships.App.Data.ID = appID
	invalid := cmp.Or(checkAppID(appID), p.checkAll(s.c))
	call := s.c.call(operation{id: "webhooks_createInstance", invalid: invalid, secret: p.Secret})
	result := single(call, "", newWebhook)
	webhook, err := value(result.result(call.WebhooksCreateInstance(ctx, body)))
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
		Name: p.Name, URL: p.URL, Secret: p.Secret.reveal(),
		EventTypes: retyped[gen.WebhookEventType](p.EventTypes), Enabled: p.Enabled,
	}
	invalid := cmp.Or(checkID(id), p.checkGiven(s.c))
	call := s.c.call(operation{id: "webhooks_updateInstance", invalid: invalid, secret: p.Secret})
	webhook := single(call, id, newWebhook)
	return value(webhook.result(call.WebhooksUpdateInstance(ctx, id, body)))
}

// Delete removes the webhook; its notifications stop. It fails with an error
// that matches ErrNotFound if there is no such webhook, unless an earlier
// attempt whose response was lost can have removed it.
//
// https://developer.apple.com/documentation/appstoreconnectapi/delete-v1-webhooks-_id_
func (s *Webhooks) Delete(ctx context.Context, id string) error {
	call := s.c.call(operation{id: "webhooks_deleteInstance", invalid: checkID(id)})
	return call.end(call.WebhooksDeleteInstance(ctx, id))
}

// Ping asks App Store Connect to post a ping to the webhook; Deliveries tells
// what became of it. A disabled webhook gets none (assumed). A ping does no harm
// twice, so it is retried like a read.
//
// https://developer.apple.com/documentation/appstoreconnectapi/post-v1-webhookpings
func (s *Webhooks) Ping(ctx context.Context, id string) error {
	var body gen.WebhookPingCreateRequest
	body.Data.Type = gen.WebhookPingCreateRequestDataTypeWebhookPings
	body.Data.Relationships.Webhook.Data.Type = gen.WebhookPingCreateRequestDataRelationshipsWebhookDataTypeWebhooks
	body.Data.Relationships.Webhook.Data.ID = id
	call := s.c.call(operation{id: "webhookPings_createInstance", invalid: checkID(id), repeatable: true})
	ping := single(call, "", newPing)
	_, err := ping.result(call.WebhookPingsCreateInstance(ctx, body))
	return err
}

// ErrTooManyWebhooks is matched when an app already has as many webhooks as
// Apple allows: ten.
var ErrTooManyWebhooks = errors.New("the app already has ten webhooks, which is Apple's limit")

const maxWebhooks = 10

// tooMany says what a conflict is about, if the app has ten webhooks. That an
// eleventh is a conflict is assumed, and its code is documented nowhere.
func (s *Webhooks) tooMany(ctx context.Context, appID string, err error) error {
	if !errors.Is(err, ErrConflict) || isUnknown(err) {
		return err
	}
	if there, listErr := s.all(ctx, appID); listErr != nil || len(there) < maxWebhooks {
		return err
	}
	return &tooManyError{err}
}

// tooManyError matches ErrTooManyWebhooks and the conflict.
type tooManyError struct{ conflict error }

func (e *tooManyError) Error() string {
	return "wrapper: " + ErrTooManyWebhooks.Error() + ": " + strings.TrimPrefix(e.conflict.Error(), "wrapper: ")
}

func (e *tooManyError) Unwrap() []error { return []error{ErrTooManyWebhooks, e.conflict} }

func (s *Webhooks) all(ctx context.Context, appID string) (webhooks []Webhook, err error) {
	for webhook, err := range s.List(ctx, appID) {
		if err != nil {
			return nil, err
		}
		webhooks = append(webhooks, webhook)
	}
	return webhooks, nil
}

func newWebhook(from *gen.Webhook, _ []included) (*Webhook, error) {
	return &Webhook{
		ID: from.ID, Name: from.Attributes.Name, URL: from.Attributes.URL,
		EventTypes: retyped[EventType](from.Attributes.EventTypes), Enabled: from.Attributes.Enabled,
		AppID: from.Relationships.App.Data.ID,
	}, checkResource(from.Type, gen.WebhookTypeWebhooks, from.ID)
}

func (w Webhook) id() string { return w.ID }

// ping has nothing but an id.
type ping struct{ ID string }

func newPing(from *gen.WebhookPing, _ []included) (*ping, error) {
	return &ping{from.ID}, checkResource(from.Type, gen.WebhookPingTypeWebhookPings, from.ID)
}

func (p ping) id() string { return p.ID }
