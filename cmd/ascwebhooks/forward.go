package main

// Posting signed bodies: passing them on, and sending our own.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

type signatureKey struct{}

// keepSignature leaves the signature header where passOn finds it.
func keepSignature(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), signatureKey{}, r.Header.Get(notification.SignatureHeader))
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// passOn posts a received body, with the signature that it came with.
func passOn(ctx context.Context, target string, body []byte) error {
	signature, _ := ctx.Value(signatureKey{}).(string)
	status, err := post(ctx, target, body, signature)
	if err != nil {
		return err
	}
	if status/100 != 2 {
		return fmt.Errorf("the other server answered %s", statusText(status))
	}
	return nil
}

// post posts body and returns the status of the answer. It follows no redirect.
func post(ctx context.Context, target string, body []byte, signature string) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return 0, errors.New("the URL can't be posted to")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "ascwebhooks/"+readVersion().Version)
	request.Header.Set(notification.SignatureHeader, signature)
	client := &http.Client{
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		if fault, ok := errors.AsType[*url.Error](err); ok {
			err = fault.Err // without the URL, whose query may be private
		}
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20))
	return response.StatusCode, nil
}

func checkTarget(name, target string) error {
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return fmt.Errorf("%s must be an absolute http or https URL without a user, such as http://127.0.0.1:3000/notifications", name)
	}
	return nil
}

func statusText(status int) string {
	return fmt.Sprintf("%d %s", status, http.StatusText(status))
}
