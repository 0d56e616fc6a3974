package main

// Whether an endpoint verifies signatures, and with which secret.

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"time"

	"github.com/ascmarketplace/webhooks/internal/doctor"
)

// checkEndpoint posts a ping that is signed with the secret, which must be
// acknowledged, and a forged one, which must be refused.
func checkEndpoint(ctx context.Context, url string, secret []byte) error {
	status, err := postPing(ctx, url, secret)
	switch {
	case err != nil:
		return fmt.Errorf("the endpoint cannot be reached from here: %w (--skip-check leaves this check out)", err)
	case doctor.IsRefusal(status):
		return fmt.Errorf("the endpoint responded %s to a ping that is signed with this secret: it must know the secret first",
			statusText(status))
	case status/100 != 2:
		return fmt.Errorf("the endpoint responded %s to a signed ping, instead of 2xx: check --endpoint-url", statusText(status))
	}
	status, err = postPing(ctx, url, []byte(rand.Text()))
	switch {
	case err != nil:
		return fmt.Errorf("the endpoint did not respond to a forged ping: %w", err)
	case !doctor.IsRefusal(status):
		return fmt.Errorf("the endpoint responded %s to a forged ping: a receiver of notifications verifies signatures, and responds 401",
			statusText(status))
	}
	return nil
}

func postPing(ctx context.Context, url string, secret []byte) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	status, _, err = doctor.PostPing(ctx, http.DefaultTransport, userAgent(), url, secret)
	return status, err
}
