package asctest

// Notifications, signed and posted to the registered endpoint as Apple does.

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/ascmarketplace/webhooks/notification"
)

// SignedNotification is a signed notification. Send it as often as wanted, also at the
// same time: copies have the same id and the same bytes.
type SignedNotification struct {
	EndpointURL string
	Body        []byte
	Signature   string // the value of notification.SignatureHeader

	transport http.RoundTripper
}

// Notify posts event as App Store Connect does, and waits for the responses: an
// event of marketplaceWebhooks to the registered endpoint, one of webhooks to
// each webhook of the app that is enabled and subscribes to it. It returns the
// receiver's status; of several, the first one that is not 2xx. See Delivery
// for duplicates and forgeries. Redirects are not followed. Errors: nobody is to
// hear of the event, it is incomplete, or nothing responded before ctx ended.
func (h *Handler) Notify(ctx context.Context, event notification.Event) (status int, err error) {
	n := notification.New(event)
	if !isWebhookEvent(n) {
		d, err := h.SignedNotification(n)
		if err != nil {
			return 0, err
		}
		return d.Send(ctx)
	}
	deliveries, err := h.NotifyWebhooks(ctx, n.MarketplaceAppID, n)
	if err != nil {
		return 0, err
	}
	if len(deliveries) == 0 {
		return 0, errors.New("asctest: no enabled webhook of the app subscribes to " + apiEventType(n.Type))
	}
	for _, d := range deliveries {
		if d.State != succeeded {
			if d.ErrorMessage != "" {
				return 0, errors.New("asctest: " + d.ErrorMessage)
			}
			return d.StatusCode, nil
		}
	}
	return deliveries[0].StatusCode, nil
}

// isWebhookEvent tells the events of webhooks, which begin with a lower-case
// letter, from those of marketplaceWebhooks.
func isWebhookEvent(n *notification.Notification) bool {
	return n.Type != "" && 'a' <= n.Type[0] && n.Type[0] <= 'z'
}

// SignedNotification returns n addressed to the registered marketplace webhook and signed
// with its secret, but does not send it.
func (h *Handler) SignedNotification(n *notification.Notification) (SignedNotification, error) {
	w, ok := h.MarketplaceWebhook()
	if !ok {
		return SignedNotification{}, errors.New("asctest: no webhook is registered to notify")
	}
	return h.signed(n, w.EndpointURL, w.Secret)
}

// SignedNotificationTo is Delivery for a webhook of an app. Sending it is recorded nowhere.
func (h *Handler) SignedNotificationTo(webhookID string, n *notification.Notification) (SignedNotification, error) {
	for _, w := range h.Webhooks() {
		if w.ID == webhookID {
			return h.signed(n, w.URL, w.Secret)
		}
	}
	return SignedNotification{}, errors.New("asctest: there is no webhook with this id")
}

func (h *Handler) signed(n *notification.Notification, url, secret string) (SignedNotification, error) {
	body, err := json.Marshal(n)
	if err != nil {
		return SignedNotification{}, fmt.Errorf("asctest: %w", err)
	}
	return SignedNotification{EndpointURL: url, Body: body, transport: h.poster.transport}.SignedWith(secret), nil
}

// SignedWith returns a copy that is signed with another secret, such as the
// one before a rotation.
func (d SignedNotification) SignedWith(secret string) SignedNotification {
	d.Signature = notification.Sign([]byte(secret), d.Body)
	return d
}

// Forged returns a copy whose signature has the right form but is made with a
// secret that nobody has.
func (d SignedNotification) Forged() SignedNotification { return d.SignedWith(rand.Text()) }

// Send posts d and returns the status that the receiver responded with.
func (d SignedNotification) Send(ctx context.Context) (status int, err error) {
	status, _, err = d.SendAndRead(ctx)
	return status, err
}

// SendAndRead is Send that also returns the first 4 KiB of the response's body.
func (d SignedNotification) SendAndRead(ctx context.Context) (status int, body string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.EndpointURL, bytes.NewReader(d.Body))
	if err != nil {
		return 0, "", errors.New("asctest: the registered URL can't be posted to")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(notification.SignatureHeader, d.Signature)
	transport := d.transport
	if transport == nil {
		transport = &http.Transport{DisableKeepAlives: true} // leaves nothing behind
	}
	response, err := transport.RoundTrip(request) // follows no redirect
	if err != nil {
		return 0, "", fmt.Errorf("asctest: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	kept, _ := io.ReadAll(io.LimitReader(response.Body, maxResponseKept))
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxBody))
	return response.StatusCode, string(kept), nil
}

// maxResponseKept is how much of a receiver's response a delivery shows; assumed.
const maxResponseKept = 4 << 10
