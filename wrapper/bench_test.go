package wrapper_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ascmarketplace/webhooks/internal/sidebyside"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// BenchmarkGet and BenchmarkCreate compare with plainClient: over a canned
// transport, which leaves the clients alone, and over TLS on loopback, which is
// what a caller notices.
func BenchmarkGet(b *testing.B) {
	compareWithPlain(b, cannedList(), func(client *wrapper.Client, plain plainClient) (ours, reference func() error) {
		ours = func() error { _, err := client.MarketplaceWebhooks.Get(b.Context()); return err }
		reference = func() error { _, err := plain.get(b.Context()); return err }
		return ours, reference
	})
}

func BenchmarkCreate(b *testing.B) {
	params := wrapper.MarketplaceWebhookParams{EndpointURL: endpointURL, Secret: wrapper.NewSecret("secret")}
	compareWithPlain(b, cannedCreate(), func(client *wrapper.Client, plain plainClient) (ours, reference func() error) {
		ours = func() error { _, err := client.MarketplaceWebhooks.Create(b.Context(), params); return err }
		reference = func() error { _, err := plain.create(b.Context(), endpointURL, "secret"); return err }
		return ours, reference
	})
}

func compareWithPlain(
	b *testing.B, response *canned, calls func(*wrapper.Client, plainClient) (ours, reference func() error),
) {
	for _, way := range []struct {
		name      string
		transport func() (baseURL string, transport http.RoundTripper)
	}{
		{"canned", func() (string, http.RoundTripper) { return wrapper.DefaultBaseURL, response }},
		{"HTTP1", func() (string, http.RoundTripper) { return loopback(b, response, false) }},
		{"HTTP2", func() (string, http.RoundTripper) { return loopback(b, response, true) }},
	} {
		b.Run(way.name, func(b *testing.B) {
			baseURL, transport := way.transport()
			client := newClient(b, fixedToken("token"), wrapper.WithBaseURL(baseURL), over(transport))
			baseURL, transport = way.transport() // another connection
			ours, reference := calls(client, plainClient{&http.Client{Transport: transport}, baseURL})
			sidebyside.Run(b, ours, reference)
		})
	}
}

// loopback starts a server that sends response over TLS.
func loopback(b *testing.B, response *canned, http2 bool) (string, http.RoundTripper) {
	b.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		maps.Copy(w.Header(), response.header)
		w.WriteHeader(response.status)
		_, _ = io.WriteString(w, response.body)
	}))
	server.EnableHTTP2 = http2
	server.StartTLS()
	b.Cleanup(server.Close)
	return server.URL, server.Client().Transport
}

// plainClient is what one would write without this module: net/http,
// encoding/json and a check of the status.
type plainClient struct {
	http    *http.Client
	baseURL string
}

func (c plainClient) get(ctx context.Context) (plainWebhook, error) {
	var list struct {
		Data []plainWebhook `json:"data"`
	}
	if err := c.call(ctx, http.MethodGet, nil, &list, http.StatusOK); err != nil {
		return plainWebhook{}, err
	}
	return list.Data[0], nil
}

func (c plainClient) create(ctx context.Context, endpointURL, secret string) (plainWebhook, error) {
	var create struct {
		Data struct {
			Type       string `json:"type"`
			Attributes struct {
				EndpointURL string `json:"endpointUrl"`
				Secret      string `json:"secret"`
			} `json:"attributes"`
		} `json:"data"`
	}
	create.Data.Type = "marketplaceWebhooks"
	create.Data.Attributes.EndpointURL = endpointURL
	create.Data.Attributes.Secret = secret
	var created struct {
		Data plainWebhook `json:"data"`
	}
	err := c.call(ctx, http.MethodPost, create, &created, http.StatusCreated)
	return created.Data, err
}

func (c plainClient) call(ctx context.Context, method string, body, into any, status int) error {
	var reader io.Reader
	if body != nil {
		buf, err := json.Marshal(body)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(buf)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.baseURL+"/v1/marketplaceWebhooks", reader)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer token")
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != status {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

type plainWebhook struct {
	ID         string `json:"id"`
	Type       string `json:"type"`
	Attributes struct {
		EndpointURL string `json:"endpointUrl"`
	} `json:"attributes"`
}
