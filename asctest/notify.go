package asctest

// Notifications: who receives one, how its event is spelt, and how it is signed.

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/ascmarketplace/webhooks/internal/contract"
	"github.com/ascmarketplace/webhooks/notification"
)

// SignedNotification is a signed notification to one webhook. Send it as often as wanted, also at the same time:
// copies have the same ID and the same bytes.
type SignedNotification struct {
	WebhookID   string
	EndpointURL string
	Body        []byte
	Signature   string // the value of notification.SignatureHeader
	Redelivery  bool   // it is recorded as one

	handler *Handler
}

// Notify posts event as App Store Connect does, and waits for the responses: an event of marketplaceWebhooks to the
// registered endpoint, one of webhooks to each webhook of the app that is enabled and subscribes to it, side by side.
// It returns the receiver's status; of several, the first one that is not 2xx. See Sign for duplicates and forgeries.
// Redirects are not followed. It fails if nobody receives the event, if that is incomplete, or if nothing responds in
// time.
func (h *Handler) Notify(ctx context.Context, event notification.Event) (status int, err error) {
	recipients, err := h.Sign("", notification.New(event))
	if err != nil {
		return 0, err
	}
	sent, errs := make([]Delivery, len(recipients)), make([]error, len(recipients))
	var posts sync.WaitGroup
	for i, n := range recipients {
		recorded := h.begin(n) // in this order
		posts.Go(func() { sent[i], errs[i] = h.post(ctx, recorded) })
	}
	posts.Wait()
	bad := max(0, slices.IndexFunc(sent, func(d Delivery) bool { return d.StatusCode/100 != 2 }))
	return sent[bad].StatusCode, errs[bad]
}

// Sign returns n once for each recipient, signed with its secret, but does not send it. to is the ID of a webhook, or
// of an app, whose enabled webhooks that subscribe to the event are the recipients. If it is empty they are those
// that App Store Connect would choose: the marketplace webhook for an event of marketplaceWebhooks; for others the
// webhooks of the marketplace app that the notification names, or else of the only app. It fails if there is no
// recipient, or if the notification is incomplete.
func (h *Handler) Sign(to string, n *notification.Notification) ([]SignedNotification, error) {
	body, err := json.Marshal(n)
	if err != nil {
		return nil, fmt.Errorf("asctest: %w", err)
	}
	state := h.State()
	recipients, err := state.recipients(to, n)
	if err != nil {
		return nil, err
	}
	return h.sign(recipients, body), nil
}

// SignBytes signs body as it is, such as an unknown event or half a one, for each recipient. to is the ID of a
// webhook, or of an app, whose enabled webhooks are the recipients; it may be empty if only one webhook is registered.
func (h *Handler) SignBytes(to string, body []byte) ([]SignedNotification, error) {
	state := h.State()
	recipients, err := state.recipientsOfBytes(to)
	if err != nil {
		return nil, err
	}
	return h.sign(recipients, body), nil
}

func (h *Handler) sign(recipients []Webhook, body []byte) []SignedNotification {
	signed := make([]SignedNotification, len(recipients))
	for i, r := range recipients {
		signed[i] = SignedNotification{WebhookID: r.ID, EndpointURL: r.URL, Body: body, handler: h}.SignedWith(r.Secret)
	}
	return signed
}

func (s *State) recipientsOfBytes(to string) ([]Webhook, error) {
	all := slices.Clone(s.Webhooks)
	if w := s.MarketplaceWebhook; w != nil {
		all = append(all, Webhook{ID: w.ID, URL: w.EndpointURL, Secret: w.Secret, Enabled: true})
	}
	found := slices.DeleteFunc(slices.Clone(all), func(w Webhook) bool {
		return !strings.EqualFold(to, w.ID) && (to != w.AppID || !w.Enabled)
	})
	switch {
	case to == "" && len(all) != 1:
		return nil, invalid("webhook_id", "is needed: %d webhooks are registered", len(all))
	case to == "":
		return all, nil
	case len(found) == 0:
		return nil, fmt.Errorf("asctest: no webhook has the id, and no app with enabled webhooks")
	}
	return found, nil
}

// recipients returns the webhooks that receive n. See Sign.
func (s *State) recipients(to string, n *notification.Notification) ([]Webhook, error) {
	if w := s.MarketplaceWebhook; w != nil && (to == w.ID || to == "" && !isWebhookEvent(n.Type)) {
		return []Webhook{{ID: w.ID, URL: w.EndpointURL, Secret: w.Secret}}, nil
	}
	if i := s.webhook(to); i >= 0 {
		return s.Webhooks[i : i+1], nil
	}
	if !isWebhookEvent(n.Type) {
		return nil, errors.New("asctest: no marketplace webhook is registered to receive it")
	}
	app := cmp.Or(to, n.MarketplaceAppID)
	switch {
	case app == "" && len(s.Apps) == 1:
		app = s.Apps[0]
	case len(s.Apps) == 0:
		return nil, invalid("app_id", "there is no app yet, whose webhooks could receive it")
	case !slices.Contains(s.Apps, app):
		return nil, invalid("app_id", "must be one of the apps: %s", strings.Join(s.Apps, ", "))
	}
	eventType := subscription(n.Type)
	var found []Webhook
	for _, w := range s.webhooksOf(app) {
		if w.Enabled && (eventType == "" || slices.Contains(w.EventTypes, eventType)) {
			found = append(found, w)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("asctest: no enabled webhook of the app %s subscribes to %s", app, cmp.Or(eventType, "anything"))
	}
	return found, nil
}

// isWebhookEvent tells the events of webhooks, which begin with a lower-case letter, from those of
// marketplaceWebhooks.
func isWebhookEvent(eventType string) bool {
	return eventType != "" && 'a' <= eventType[0] && eventType[0] <= 'z'
}

const pingType = "webhookPingCreated"

// subscription is how the API spells the type of an event. The types of marketplaceWebhooks stay.
func subscription(eventType string) string {
	if !isWebhookEvent(eventType) {
		return eventType
	}
	return contract.Subscription(eventType)
}

// SignedWith returns a copy that is signed with another secret, such as the one before a rotation.
func (n SignedNotification) SignedWith(secret string) SignedNotification {
	n.Signature = notification.Sign([]byte(secret), n.Body)
	return n
}

// Forged returns a copy whose signature has the right form but is made with a secret that nobody has.
func (n SignedNotification) Forged() SignedNotification { return n.SignedWith(rand.Text()) }
