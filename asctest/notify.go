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

// Delivery is a signed notification. Send it as often as wanted, also at the
// same time: copies have the same id and the same bytes.
type Delivery struct {
	EndpointURL string
	Body        []byte
	Signature   string // the value of notification.SignatureHeader
}

// Notify posts event to the registered endpoint, signed with the registered
// secret, and returns the status that the endpoint answered. See Delivery for
// duplicates and forgeries. Redirects are not followed. Errors: there is no
// webhook, the event is incomplete, or nothing answered before ctx was done.
func (h *Handler) Notify(ctx context.Context, event notification.Event) (status int, err error) {
	d, err := h.Delivery(notification.New(event))
	if err != nil {
		return 0, err
	}
	return d.Send(ctx)
}

// Delivery returns n addressed and signed for the registered webhook, but does not send it.
func (h *Handler) Delivery(n *notification.Notification) (Delivery, error) {
	w, ok := h.Webhook()
	if !ok {
		return Delivery{}, errors.New("asctest: no webhook is registered to notify")
	}
	body, err := json.Marshal(n)
	if err != nil {
		return Delivery{}, fmt.Errorf("asctest: %w", err)
	}
	return Delivery{EndpointURL: w.EndpointURL, Body: body}.SignedWith(w.Secret), nil
}

// SignedWith returns a copy that is signed with another secret, such as the
// one before a rotation.
func (d Delivery) SignedWith(secret string) Delivery {
	d.Signature = notification.Sign([]byte(secret), d.Body)
	return d
}

// Forged returns a copy whose signature has the right form but is made with a secret that nobody has.
func (d Delivery) Forged() Delivery { return d.SignedWith(rand.Text()) }

// Send posts d and returns the status that the endpoint answered.
func (d Delivery) Send(ctx context.Context) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.EndpointURL, bytes.NewReader(d.Body))
	if err != nil {
		return 0, errors.New("asctest: the registered endpointUrl can't be posted to")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(notification.SignatureHeader, d.Signature)
	transport := &http.Transport{DisableKeepAlives: true} // leaves nothing behind
	client := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, fmt.Errorf("asctest: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxBody))
	return response.StatusCode, nil
}
