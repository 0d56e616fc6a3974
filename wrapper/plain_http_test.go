package wrapper_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestPlainHTTP: the host that is named may be called, and webhooks on http be registered there; nothing else changes.
func TestPlainHTTP(t *testing.T) {
	const endpoint = "http://service:3000/in"
	for _, test := range []struct {
		base     string
		hosts    []string
		made, ok bool // the client, and its Create
	}{
		{"http://sandbox:8080", []string{"sandbox"}, true, true},
		{"http://SANDBOX:8080", []string{"sandbox"}, true, true},
		{"http://[fd00::1]:8080", []string{"fd00::1"}, true, true},
		{"http://[fd00::1]:8080", []string{"[fd00::1]"}, true, true},
		{"http://sandbox:8080", nil, false, false},
		{"http://sandbox.evil.example", []string{"sandbox"}, false, false},
		{"http://api.appstoreconnect.apple.com", []string{"sandbox"}, false, false},
		{"https://api.appstoreconnect.apple.com", []string{"sandbox"}, true, false},
		{"https://sandbox:8080", []string{"sandbox"}, true, false},
		{"http://localhost:8080", []string{"sandbox"}, true, false},
	} {
		for _, first := range []bool{true, false} { // the order doesn't matter
			opts := []wrapper.Option{wrapper.WithBaseURL(test.base)}
			for _, host := range test.hosts {
				opts = append(opts, wrapper.WithPlainHTTP(host))
			}
			if first && len(opts) == 2 {
				opts[0], opts[1] = opts[1], opts[0]
			}
			client, err := wrapper.NewClient(fixedToken("t"), append(opts, wrapper.WithHTTPClient(&http.Client{Transport: roundTripper(
				func(*http.Request) (*http.Response, error) { return nil, errors.New("sent") })}), wrapper.WithRetry(wrapper.Retry{Attempts: 1}))...)
			if (err == nil) != test.made {
				t.Errorf("%s with %v: %v", test.base, test.hosts, err)
			}
			if err != nil {
				continue
			}
			_, err = client.MarketplaceWebhooks.Create(t.Context(), wrapper.MarketplaceWebhookParams{
				EndpointURL: endpoint, Secret: wrapper.NewSecret("a secret")})
			if sent := !errors.Is(err, wrapper.ErrInvalid); sent != test.ok {
				t.Errorf("%s with %v: created %v: %v", test.base, test.hosts, sent, err)
			}
		}
	}
	client, err := wrapper.NewClient(fixedToken("t"), wrapper.WithBaseURL("http://sandbox"), wrapper.WithPlainHTTP("sandbox"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.MarketplaceWebhooks.Create(t.Context(), wrapper.MarketplaceWebhookParams{
		EndpointURL: "ftp://service/in", Secret: wrapper.NewSecret("a secret")})
	if !errors.Is(err, wrapper.ErrInvalid) {
		t.Errorf("an endpoint that is not HTTP: %v", err)
	}
	for _, host := range []string{"", "sandbox:8080", "http://sandbox", "a b", "*", "api.appstoreconnect.apple.com", "APPLE.com."} {
		if _, err := wrapper.NewClient(fixedToken("t"), wrapper.WithPlainHTTP(host)); err == nil || !strings.Contains(err.Error(), "WithPlainHTTP") {
			t.Errorf("%q: %v", host, err)
		}
	}
}

// TestPlainHTTPUsesNoProxy: it would be elsewhere, and read the token.
func TestPlainHTTPUsesNoProxy(t *testing.T) {
	proxied := false
	transport := &http.Transport{Proxy: func(*http.Request) (*url.URL, error) {
		proxied = true
		return &url.URL{Scheme: "http", Host: "127.0.0.1:1"}, nil
	}}
	client, err := wrapper.NewClient(fixedToken("t"), wrapper.WithBaseURL("http://sandbox.invalid:1"), wrapper.WithPlainHTTP("sandbox.invalid"),
		wrapper.WithHTTPClient(&http.Client{Transport: transport}), wrapper.WithRetry(wrapper.Retry{Attempts: 1}))
	if err != nil {
		t.Fatal(err)
	}
	proxied = false // by NewClient, which asks
	if _, err = client.MarketplaceWebhooks.Get(t.Context()); err == nil || proxied {
		t.Errorf("through a proxy: %v, %v", proxied, err)
	}
}
