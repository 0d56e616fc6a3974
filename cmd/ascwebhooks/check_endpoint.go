package main

// Whether an endpoint verifies signatures, and with which secret.

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

// checkEndpoint posts a ping that is signed with the secret, which must be
// acknowledged, and a forged one, which must be refused.
func checkEndpoint(ctx context.Context, url string, secret []byte) error {
	body, err := json.Marshal(notification.New(&notification.WebhookPingCreated{Timestamp: time.Now()}))
	if err != nil {
		return err
	}
	status, err := post(ctx, url, body, notification.Sign(secret, body))
	switch {
	case err != nil:
		return fmt.Errorf("the endpoint cannot be reached from here: %w (--skip-check leaves this check out)", err)
	case isRefusal(status):
		return fmt.Errorf("the endpoint responded %s to a ping that is signed with this secret: it must know the secret first",
			statusText(status))
	case status/100 != 2:
		return fmt.Errorf("the endpoint responded %s to a signed ping, instead of 2xx: check --endpoint-url", statusText(status))
	}
	status, err = post(ctx, url, body, notification.Sign([]byte(rand.Text()), body))
	if err == nil && !isRefusal(status) {
		err = fmt.Errorf("the endpoint responded %s to a forged ping: a receiver of notifications verifies signatures, and responds 401",
			statusText(status))
	}
	return err
}

func isRefusal(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden
}
