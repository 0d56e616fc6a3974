package asctest

// Posting: in the background for pings and redeliveries, at once for whoever sends a notification. Either way it is
// recorded.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

const (
	deliveryTimeout = 10 * time.Second // how long a receiver has to respond; assumed
	maxResponseKept = 4 << 10          // how much of its response a delivery shows; assumed
)

// Whose secret a signature is made with.
const (
	valid     = "valid"
	oldSecret = "old_secret"
	forged    = "forged"
)

// Close ends the posts under way and waits for those in the background. The handler goes on to respond, and posts no more.
func (h *Handler) Close() error {
	h.mu.Lock()
	h.endPosts() // under the lock, so that no post begins afterwards
	h.mu.Unlock()
	h.posts.Wait()
	return nil
}

// Wait waits until everything that was to be posted so far has been.
func (h *Handler) Wait() { h.posts.Wait() }

// postInBackground posts and records d. Its caller holds h.mu.
func (h *Handler) postInBackground(d Delivery) {
	recorded := h.record.addDelivery(d)
	if h.ctx.Err() == nil {
		h.posts.Go(func() { _, _ = h.post(h.ctx, recorded) })
	}
}

// Send posts n, waits for the response, and returns what Deliveries has of it: what was posted and what came back. It
// fails if nothing responds.
func (n SignedNotification) Send(ctx context.Context) (Delivery, error) {
	h := n.handler
	if h == nil {
		return Delivery{}, errors.New("asctest: only a SignedNotification of Sign can be sent")
	}
	return h.post(ctx, h.begin(n))
}

// begin records a notification that is going to be posted.
func (h *Handler) begin(n SignedNotification) *Delivery {
	settings := h.settings()
	d := newDelivery(Webhook{ID: n.WebhookID, URL: n.EndpointURL}, n.Body, settings.now())
	d.Signature, d.SignedWith, d.Redelivery = n.Signature, h.whoseSecret(n), n.Redelivery
	known := d.Ping || slices.Contains(h.contract.EventTypes(), d.EventType)
	d.listed = known && d.EventID != "" && d.SignedWith == valid
	return h.record.addDelivery(d)
}

// whoseSecret tells with whose secret a notification is signed.
func (h *Handler) whoseSecret(n SignedNotification) string {
	made := func(secret string) bool { return notification.Sign([]byte(secret), n.Body) == n.Signature }
	state := h.State()
	switch {
	case made(state.secretsByID()[n.WebhookID]):
		return valid
	case slices.ContainsFunc(state.FormerSecrets[n.WebhookID], made):
		return oldSecret
	}
	return forged
}

// newDelivery returns one of payload to w, signed with its secret.
func newDelivery(w Webhook, payload []byte, now time.Time) Delivery {
	var event struct{ Data struct{ ID, Type string } }
	_ = json.Unmarshal(payload, &event) // what a test has changed may be no event any more
	return Delivery{
		ID: newUUID(), WebhookID: w.ID, State: pending, Created: now, URL: w.URL, Payload: payload,
		Signature: notification.Sign([]byte(w.Secret), payload), SignedWith: valid, listed: true,
		EventID: event.Data.ID, EventType: subscription(event.Data.Type), EventCreated: now,
		Ping: event.Data.Type == pingType,
	}
}

// post posts a recorded delivery and records what came back.
func (h *Handler) post(ctx context.Context, recorded *Delivery) (Delivery, error) {
	d := h.record.read(recorded)
	ctx, cancel := context.WithTimeout(ctx, deliveryTimeout)
	defer cancel()
	defer context.AfterFunc(h.ctx, cancel)()
	settings := h.settings()
	start := time.Now()
	d.Sent = settings.now()
	err := d.exchange(ctx, settings.DeliveryTransport)
	d.State, d.Duration = failed, time.Since(start)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		d.ErrorMessage = "The receiver did not respond in time."
	case err != nil:
		d.ErrorMessage = "The receiver could not be reached."
	case d.StatusCode/100 == 2:
		d.State = succeeded
	}
	h.record.finish(recorded, d)
	return d, err
}

// exchange posts d over a connection of its own unless a transport is given, and keeps what the receiver responds.
func (d *Delivery) exchange(ctx context.Context, transport http.RoundTripper) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL, bytes.NewReader(d.Payload))
	if err != nil {
		return errors.New("asctest: the registered URL can't be posted to")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(notification.SignatureHeader, d.Signature)
	if transport == nil {
		transport = &http.Transport{DisableKeepAlives: true} // leaves nothing behind
	}
	response, err := transport.RoundTrip(request) // follows no redirect
	if err != nil {
		return fmt.Errorf("asctest: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	kept, _ := io.ReadAll(io.LimitReader(response.Body, maxResponseKept))
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxBody))
	d.StatusCode, d.ResponseBody = response.StatusCode, string(kept)
	return nil
}

// pingPayload is what a ping is posted as.
func pingPayload(id string, at time.Time) []byte {
	n := notification.New(&notification.WebhookPingCreated{Timestamp: at})
	n.ID = id
	payload, _ := json.Marshal(n)
	return payload
}
