package sandbox

// Sending a notification of the caller's making.

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
)

const maxCopies = 100

// toSend is the body of POST /notifications.
type toSend struct {
	Type       string                     `json:"type"`
	ID         string                     `json:"id"`     // a new one if it is empty
	AppID      string                     `json:"app_id"` // whose webhooks are to hear of it; the only app if it is empty
	Fields     map[string]json.RawMessage `json:"fields"`
	Copies     int                        `json:"copies"` // with the same id and bytes
	Concurrent bool                       `json:"concurrent"`
	Signature  string                     `json:"signature"`
}

func (s *Sandbox) sendNotification(r *http.Request) (int, any, error) {
	wanted := toSend{Copies: 1, Signature: validSignature}
	if err := decode(r, &wanted); err != nil {
		return 0, nil, err
	}
	send, err := s.prepare(&wanted)
	if err != nil {
		return 0, nil, err
	}
	sent := make([][]post, wanted.Copies)
	var group sync.WaitGroup
	for i := range sent {
		if wanted.Concurrent {
			group.Go(func() { sent[i] = send(r.Context()) })
		} else {
			sent[i] = send(r.Context())
		}
	}
	group.Wait()
	all := slices.Concat(sent...)
	return http.StatusCreated, postedList{mapped(all, s.posted), len(all)}, nil
}

// prepare checks everything before anything is sent, and returns what sends
// one copy to all that are to hear of it.
func (s *Sandbox) prepare(wanted *toSend) (func(context.Context) []post, error) {
	switch {
	case wanted.Copies < 1 || wanted.Copies > maxCopies:
		return nil, badField("copies", "must be from 1 to %d", maxCopies)
	case !slices.Contains([]string{validSignature, forgedSignature, oldSecret}, wanted.Signature):
		return nil, badField("signature", "must be one of valid, forged, old_secret")
	}
	app, err := s.app(wanted)
	if err != nil {
		return nil, err
	}
	n, err := wanted.notification(app)
	if err != nil {
		return nil, err
	}
	webhooks, err := s.whoHears(n, app)
	if err != nil {
		return nil, err
	}
	if wanted.Signature == validSignature && !isOfMarketplace(n.Type) {
		return func(ctx context.Context) []post {
			deliveries, _ := s.Fake.NotifyWebhooks(context.WithoutCancel(ctx), app, n)
			return mapped(deliveries, ofDelivery)
		}, nil
	}
	deliveries := make([]asctest.SignedNotification, len(webhooks))
	for i, id := range webhooks {
		if deliveries[i], err = s.delivery(id, n, wanted.Signature); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context) (sent []post) {
		for i, d := range deliveries {
			p := post{
				NotificationID: n.ID, Type: n.Type, WebhookID: webhooks[i], URL: d.EndpointURL,
				Signature: wanted.Signature, Body: d.Body,
			}
			sent = append(sent, s.send(ctx, p, d))
		}
		return sent
	}, nil
}

// notification makes it, of bytes that do not change from copy to copy.
func (wanted *toSend) notification(app string) (*notification.Notification, error) {
	event := sample.Event(wanted.Type)
	if event == nil {
		return nil, badField("type", "must be one of %s", strings.Join(sample.Types(), ", "))
	}
	given := map[string]json.RawMessage{}
	if _, named := fields(event)["marketplace_app_id"]; named && app != "" {
		given["marketplace_app_id"], _ = json.Marshal(app)
	}
	for name, value := range wanted.Fields {
		given[name] = value
	}
	if err := setFields(event, given); err != nil {
		return nil, err
	}
	if name := missing(event); name != "" {
		return nil, badField("fields."+name, "must not be empty")
	}
	n := notification.New(event)
	n.Type, n.ID = wanted.Type, cmp.Or(wanted.ID, n.ID)
	body, err := json.Marshal(n)
	if err != nil {
		return nil, badField("fields", "make no notification of this type")
	}
	if n, err = notification.Decode(body); err != nil {
		return nil, badField("id", "must be valid UTF-8 without control characters, of at most 512 bytes")
	}
	return n, nil
}

// app returns whose webhooks are to hear of it; empty for the marketplace's webhook.
func (s *Sandbox) app(wanted *toSend) (string, error) {
	if wanted.Type == "" || isOfMarketplace(wanted.Type) {
		return "", nil
	}
	apps := s.Fake.Apps()
	switch {
	case wanted.AppID == "" && len(apps) == 1:
		return apps[0], nil
	case wanted.AppID == "" && len(apps) == 0:
		return "", refusal{status: http.StatusConflict, field: "app_id", message: "there is no app yet: PUT /state adds one"}
	case wanted.AppID == "":
		return "", badField("app_id", "is needed, since there are several apps: %s", strings.Join(apps, ", "))
	case !slices.Contains(apps, wanted.AppID):
		return "", badField("app_id", "there is no such app: there are %s", strings.Join(apps, ", "))
	}
	return wanted.AppID, nil
}

// whoHears returns the ids of the webhooks that hear of n.
func (s *Sandbox) whoHears(n *notification.Notification, app string) (ids []string, err error) {
	registered := s.Fake.Registered()
	if isOfMarketplace(n.Type) {
		if registered.MarketplaceWebhook == nil {
			return nil, refusal{status: http.StatusConflict, message: "no marketplace webhook is registered to hear of it"}
		}
		return []string{registered.MarketplaceWebhook.ID}, nil
	}
	eventType := subscription(n.Type)
	for _, w := range registered.Webhooks {
		if w.AppID == app && w.Enabled && (eventType == "" || slices.Contains(w.EventTypes, eventType)) {
			ids = append(ids, w.ID)
		}
	}
	if len(ids) == 0 {
		return nil, refusal{
			status:  http.StatusConflict,
			message: strings.TrimSpace("no enabled webhook of the app " + app + " subscribes to " + cmp.Or(eventType, "anything")),
		}
	}
	return ids, nil
}
