package wrapper_test

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/gen"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestSameRequestsAsGenerated holds what this package sends against what the
// client that is generated from the document would send.
func TestSameRequestsAsGenerated(t *testing.T) {
	const id = "id;to=escape+@:&$,"
	for _, base := range []string{"https://api.example", "https://api.example/", "https://api.example/prefix", "https://api.example/prefix/"} {
		generated := map[asctest.Operation]func() (*http.Request, error){
			asctest.List: func() (*http.Request, error) {
				return gen.NewMarketplaceWebhooksGetCollectionRequest(slashed(base), nil)
			},
			asctest.Create: func() (*http.Request, error) {
				return gen.NewMarketplaceWebhooksCreateInstanceRequest(slashed(base), gen.MarketplaceWebhookCreateRequest{Data: gen.MarketplaceWebhookCreateRequestData{
					Type:       gen.MarketplaceWebhookCreateRequestDataTypeMarketplaceWebhooks,
					Attributes: gen.MarketplaceWebhookCreateRequestAttributes{EndpointURL: endpointURL, Secret: "secret"},
				}})
			},
			asctest.Update: func() (*http.Request, error) {
				return gen.NewMarketplaceWebhooksUpdateInstanceRequest(slashed(base), id, gen.MarketplaceWebhookUpdateRequest{Data: gen.MarketplaceWebhookUpdateRequestData{
					ID: id, Type: gen.MarketplaceWebhookUpdateRequestDataTypeMarketplaceWebhooks,
					Attributes: gen.MarketplaceWebhookUpdateRequestAttributes{EndpointURL: endpointURL},
				}})
			},
			asctest.Delete: func() (*http.Request, error) {
				return gen.NewMarketplaceWebhooksDeleteInstanceRequest(slashed(base), id)
			},
		}
		for _, operation := range operations {
			want, err := generated[operation]()
			if err != nil {
				t.Fatal(err)
			}
			var got *http.Request
			var body string
			client, err := wrapper.NewClient(fixedToken("token"), wrapper.WithBaseURL(base), wrapper.WithRetry(wrapper.Retry{Attempts: 1}),
				wrapper.WithHTTPClient(&http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
					got, body = req, read(t, req.Body)
					return nil, errors.New("not sent")
				})}))
			if err != nil {
				t.Fatal(err)
			}
			_ = perform(t, client, operation, id)
			if got.Method != want.Method || got.URL.String() != want.URL.String() || got.ContentLength != want.ContentLength ||
				got.Header.Get("Content-Type") != want.Header.Get("Content-Type") || body != read(t, want.Body) {
				t.Errorf("%s: %s %s %v %s, generated %s %s %v", operation, got.Method, got.URL, got.Header, body, want.Method, want.URL, want.Header)
			}
		}
	}
}

// slashed: the generated NewClient adds the final slash, its request builders do not.
func slashed(base string) string {
	if base[len(base)-1] == '/' {
		return base
	}
	return base + "/"
}

func read(t *testing.T, body io.Reader) string {
	t.Helper()
	if body == nil {
		return ""
	}
	all, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}
