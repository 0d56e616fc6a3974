package asctest

// Posting to webhooks of apps in the background, and recording what came back.

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

// deliveryTimeout is how long a receiver has to respond; assumed.
const deliveryTimeout = 10 * time.Second

// poster is what posts under way share.
type poster struct {
	transport http.RoundTripper // nil: a connection for each post
	posts     *sync.WaitGroup
	ctx       context.Context
	cancel    context.CancelFunc
}

func newPoster() poster {
	ctx, cancel := context.WithCancel(context.Background())
	return poster{posts: new(sync.WaitGroup), ctx: ctx, cancel: cancel}
}

// Close ends the posts under way and waits for them. The handler goes on to
// respond, and posts no more.
func (h *Handler) Close() error {
	h.mu.Lock()
	h.poster.cancel() // under the lock, so that no post begins afterwards
	h.mu.Unlock()
	h.poster.posts.Wait()
	return nil
}

// Wait waits until everything that was to be posted so far has been.
func (h *Handler) Wait() { h.poster.posts.Wait() }

// post posts a PENDING delivery in the background. Its caller holds h.mu.
func (h *Handler) post(deliveryID string) {
	if h.poster.ctx.Err() != nil {
		return
	}
	h.poster.posts.Go(func() { h.postNow(h.poster.ctx, deliveryID) })
}

// postNow posts a delivery and records what came back.
func (h *Handler) postNow(ctx context.Context, deliveryID string) Delivery {
	h.mu.Lock()
	i := h.state.delivery(deliveryID)
	if i < 0 { // forgotten by Reset
		h.mu.Unlock()
		return Delivery{ID: deliveryID, State: failed, ErrorMessage: "The delivery was forgotten."}
	}
	d := h.state.deliveries[i]
	secret := ""
	if i := h.state.webhook(d.WebhookID); i >= 0 {
		secret = h.state.webhooks[i].Secret
	}
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, deliveryTimeout)
	defer cancel()
	d.Sent = h.now()
	signed := SignedNotification{EndpointURL: d.URL, Body: d.Payload, transport: h.poster.transport}.SignedWith(secret)
	status, body, err := signed.SendAndRead(ctx)
	d.State, d.StatusCode, d.ResponseBody = failed, status, body
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		d.ErrorMessage = "The receiver did not respond in time."
	case err != nil:
		d.ErrorMessage = "The receiver could not be reached."
	case status/100 == 2:
		d.State = succeeded
	}
	defer h.onChange()
	h.mu.Lock()
	defer h.mu.Unlock()
	if i := h.state.delivery(deliveryID); i >= 0 {
		d.redelivered = h.state.deliveries[i].redelivered
		h.state.deliveries[i] = d
	}
	return d
}

// pingPayload is what a ping is posted as; its form was seen live and is documented nowhere.
func pingPayload(id string, at time.Time) []byte {
	payload, _ := json.Marshal(object{"data": object{
		"type": "webhookPingCreated", "id": id, "version": 1,
		"attributes": object{"timestamp": at.UTC().Format(time.RFC3339Nano)},
	}})
	return payload
}

// NotifyWebhooks posts a notification to every webhook of the app that is
// enabled and subscribes to its event, waits for the responses, and returns the
// deliveries. A ping goes to every enabled one. An empty appID is the marketplace app that the notification names,
// or else the only app. Errors: there is no such app, or the notification cannot
// be encoded.
func (h *Handler) NotifyWebhooks(ctx context.Context, appID string, n *notification.Notification) ([]Delivery, error) {
	payload, err := json.Marshal(n)
	if err != nil {
		return nil, err
	}
	var told struct{ Data struct{ ID, Type string } }
	if err := json.Unmarshal(payload, &told); err != nil || told.Data.ID == "" {
		return nil, errors.New("asctest: the notification has no data.id")
	}
	ids, err := h.recordEvent(cmp.Or(appID, n.MarketplaceAppID), told.Data.ID, told.Data.Type, payload)
	if err != nil {
		return nil, err
	}
	var deliveries []Delivery
	for _, id := range ids {
		deliveries = append(deliveries, h.postNow(ctx, id))
	}
	return deliveries, nil
}

// recordEvent records a PENDING delivery for each webhook that is to hear of an event.
func (h *Handler) recordEvent(appID, eventID, payloadType string, payload []byte) (ids []string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if appID == "" {
		if len(h.state.apps) != 1 {
			return nil, errors.New("asctest: name the app, since there is not just one")
		}
		appID = h.state.apps[0]
	}
	if !slices.Contains(h.state.apps, appID) {
		return nil, errors.New("asctest: there is no app " + appID)
	}
	eventType, ping := apiEventType(payloadType), payloadType == "webhookPingCreated"
	if ping {
		eventType = ""
	}
	for _, w := range h.state.webhooks {
		if w.AppID != appID || !w.Enabled || !ping && !slices.Contains(w.EventTypes, eventType) {
			continue
		}
		d := h.newDelivery(w)
		d.EventID, d.EventType, d.Ping, d.Payload = eventID, eventType, ping, payload
		h.state.record(d)
		ids = append(ids, d.ID)
	}
	return ids, nil
}
