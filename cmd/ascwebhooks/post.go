package main

// Posting signed bodies: our own, and those to pass on.

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

// post posts body and returns the status of the response. It follows no redirect.
func post(ctx context.Context, target string, body []byte, signature string) (status int, err error) {
	return poster{timeout: 30 * time.Second}.post(ctx, target, body, signature)
}

// forward posts body to a server that must acknowledge it.
func forward(ctx context.Context, target string, body []byte, signature string) error {
	return poster{timeout: 30 * time.Second}.forward(ctx, target, body, signature)
}

// poster says how long a response may take, and how to get there.
type poster struct {
	timeout   time.Duration
	transport http.RoundTripper // nil: http.DefaultTransport
}

func (p poster) post(ctx context.Context, target string, body []byte, signature string) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return 0, errors.New("the URL cannot be posted to")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(notification.SignatureHeader, signature)
	response, err := p.do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20))
	return response.StatusCode, nil
}

// do sends a request of any method, and follows no redirect.
func (p poster) do(request *http.Request) (*http.Response, error) {
	request.Header.Set("User-Agent", userAgent())
	client := &http.Client{
		Transport:     p.transport,
		Timeout:       p.timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		err = urlErr.Err // without the URL, whose query may be private
	}
	return response, err
}

func (p poster) forward(ctx context.Context, target string, body []byte, signature string) error {
	status, err := p.post(ctx, target, body, signature)
	if err == nil && status/100 != 2 {
		err = fmt.Errorf("the receiver responded %s", statusText(status))
	}
	return err
}

func checkTarget(name, target string) error {
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return usagef("%s must be an absolute http or https URL without a user, such as http://127.0.0.1:3000/notifications", name)
	}
	return nil
}
