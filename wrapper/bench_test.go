package wrapper_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// canned answers every request with the same bytes and as few allocations as
// an http.RoundTripper can, so that what is measured is the caller.
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
	return &canned{status, http.Header{"Content-Type": {"application/json"}, "X-Rate-Limit": {"user-hour-lim:3500;user-hour-rem:500;"}}, body}
}

const resource = `{"type":"marketplaceWebhooks","id":"c74970b8-6be0-40fa-8f51-8e1532005635",` +
	`"attributes":{"endpointUrl":"https://example.com/api/ingest/notifications"},` +
	`"links":{"self":"https://api.appstoreconnect.apple.com/v1/marketplaceWebhooks/c74970b8-6be0-40fa-8f51-8e1532005635"}}`

func cannedList() *canned {
	return newCanned(http.StatusOK, `{"data":[`+resource+`],"links":{"self":"https://api.appstoreconnect.apple.com/v1/marketplaceWebhooks"},"meta":{"paging":{"total":1,"limit":50}}}`)
}

func cannedCreate() *canned {
	return newCanned(http.StatusCreated, `{"data":`+resource+`,"links":{"self":"https://api.appstoreconnect.apple.com/v1/marketplaceWebhooks"}}`)
}

type fixedToken string

func (t fixedToken) Token(context.Context) (string, error) { return string(t), nil }

func cannedClient(tb testing.TB, answer *canned, opts ...wrapper.Option) *wrapper.Client {
	tb.Helper()
	client, err := wrapper.NewClient(fixedToken("token"), append(opts, wrapper.WithHTTPClient(&http.Client{Transport: answer}))...)
	if err != nil {
		tb.Fatal(err)
	}
	return client
}

// The reference is what one would write without this module: net/http and
// encoding/json, and a check of the status.
func rawCall(ctx context.Context, client *http.Client, method string, body, into any, status int) error {
	var reader io.Reader
	if body != nil {
		buf, err := json.Marshal(body)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(buf)
	}
	req, err := http.NewRequestWithContext(ctx, method, wrapper.DefaultBaseURL+"/v1/marketplaceWebhooks", reader)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer token")
	req.Header.Set("Accept", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != status {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

func BenchmarkGet(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		client := cannedClient(b, cannedList())
		b.ReportAllocs()
		for b.Loop() {
			if _, err := client.MarketplaceWebhooks.Get(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("reference", func(b *testing.B) {
		client := &http.Client{Transport: cannedList()}
		b.ReportAllocs()
		for b.Loop() {
			var list rawList
			if err := rawCall(b.Context(), client, http.MethodGet, nil, &list, http.StatusOK); err != nil || list.Data[0].ID == "" {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkCreate(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		client := cannedClient(b, cannedCreate())
		create := wrapper.MarketplaceWebhookParams{EndpointURL: "https://example.com/n", Secret: wrapper.NewSecret("secret")}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := client.MarketplaceWebhooks.Create(b.Context(), create); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("reference", func(b *testing.B) {
		client := &http.Client{Transport: cannedCreate()}
		b.ReportAllocs()
		for b.Loop() {
			var one rawOne
			create := rawCreate{}
			create.Data.Type = "marketplaceWebhooks"
			create.Data.Attributes.EndpointURL = "https://example.com/n"
			create.Data.Attributes.Secret = "secret"
			if err := rawCall(b.Context(), client, http.MethodPost, create, &one, http.StatusCreated); err != nil || one.Data.ID == "" {
				b.Fatal(err)
			}
		}
	})
}

type rawWebhook struct {
	ID         string `json:"id"`
	Type       string `json:"type"`
	Attributes struct {
		EndpointURL string `json:"endpointUrl"`
	} `json:"attributes"`
}

type rawList struct {
	Data []rawWebhook `json:"data"`
}

type rawOne struct {
	Data rawWebhook `json:"data"`
}

type rawCreate struct {
	Data struct {
		Type       string `json:"type"`
		Attributes struct {
			EndpointURL string `json:"endpointUrl"`
			Secret      string `json:"secret"`
		} `json:"attributes"`
	} `json:"data"`
}
