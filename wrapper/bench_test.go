package wrapper_test

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/internal/sidebyside"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// canned responds to every request with the same bytes and as few allocations
// as an http.RoundTripper can, so that what is measured is the caller.
type canned struct {
	status int
	header http.Header
	body   string
}

func (c *canned) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
		_ = req.Body.Close()
	}
	return &http.Response{
		StatusCode: c.status, ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: c.header, ContentLength: int64(len(c.body)), Body: newCannedBody(c.body),
	}, nil
}

type cannedBody struct{ strings.Reader }

func newCannedBody(s string) *cannedBody { b := new(cannedBody); b.Reset(s); return b }
func (*cannedBody) Close() error         { return nil }

func newCanned(status int, body string) *canned {
	return &canned{status, http.Header{
		"Content-Type": {"application/json"},
		"X-Rate-Limit": {"user-hour-lim:3500;user-hour-rem:500;"},
	}, body}
}

const resource = `{"type":"marketplaceWebhooks","id":"c74970b8-6be0-40fa-8f51-8e1532005635",` +
	`"attributes":{"endpointUrl":"https://example.com/api/ingest/notifications"},` +
	`"links":{"self":"https://api.appstoreconnect.apple.com` +
	`/v1/marketplaceWebhooks/c74970b8-6be0-40fa-8f51-8e1532005635"}}`

const listLinks = `"links":{"self":"https://api.appstoreconnect.apple.com/v1/marketplaceWebhooks"}`

func cannedList() *canned {
	return newCanned(http.StatusOK, `{"data":[`+resource+`],`+listLinks+`,"meta":{"paging":{"total":1,"limit":50}}}`)
}

func cannedCreate() *canned {
	return newCanned(http.StatusCreated, `{"data":`+resource+`,`+listLinks+`}`)
}

type fixedToken string

func (t fixedToken) Token(context.Context) (string, error) { return string(t), nil }

func cannedClient(tb testing.TB, answer *canned, opts ...wrapper.Option) *wrapper.Client {
	tb.Helper()
	opts = append(opts, wrapper.WithHTTPClient(&http.Client{Transport: answer}))
	client, err := wrapper.NewClient(fixedToken("token"), opts...)
	if err != nil {
		tb.Fatal(err)
	}
	return client
}

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
	for _, over := range []struct {
		name      string
		transport func() (baseURL string, transport http.RoundTripper)
	}{
		{"canned", func() (string, http.RoundTripper) { return wrapper.DefaultBaseURL, response }},
		{"HTTP1", func() (string, http.RoundTripper) { return loopback(b, response, false) }},
		{"HTTP2", func() (string, http.RoundTripper) { return loopback(b, response, true) }},
	} {
		b.Run(over.name, func(b *testing.B) {
			baseURL, transport := over.transport()
			client, err := wrapper.NewClient(fixedToken("token"),
				wrapper.WithBaseURL(baseURL), wrapper.WithHTTPClient(&http.Client{Transport: transport}))
			if err != nil {
				b.Fatal(err)
			}
			baseURL, transport = over.transport() // another connection
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
