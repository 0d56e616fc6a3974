package wrapper_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestNoProxyForPlainHTTP: what travels in the clear does not leave the
// machine, whatever the transport's proxy is.
func TestNoProxyForPlainHTTP(t *testing.T) {
	var proxied atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { proxied.Add(1) }))
	defer proxy.Close()
	proxyURL, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	server := asctest.NewServer(t)
	for _, base := range []string{server.URL, strings.Replace(server.URL, "127.0.0.1", "LOCALHOST", 1)} {
		transport := &http.Transport{Proxy: http.ProxyURL(proxyURL)}
		client := connect(t, server, wrapper.WithHTTPClient(&http.Client{Transport: transport}), wrapper.WithBaseURL(base))
		if _, err := client.MarketplaceWebhooks.List(t.Context()); err != nil {
			t.Errorf("%s: %v", base, err)
		}
		if transport.Proxy == nil {
			t.Error("the caller's transport was changed")
		}
		transport.CloseIdleConnections()
	}
	if n := proxied.Load(); n != 0 {
		t.Errorf("the proxy saw %d requests, want none", n)
	}
}

// TestProxyForHTTPS: over TLS a proxy sees nothing, so it is used.
func TestProxyForHTTPS(t *testing.T) {
	asked := 0
	transport := &http.Transport{Proxy: func(*http.Request) (*url.URL, error) {
		asked++
		return nil, errors.New("asked")
	}}
	theirs := wrapper.WithHTTPClient(&http.Client{Transport: transport})
	client, err := wrapper.NewClient(fixedToken("token"), quick, theirs)
	if err != nil {
		t.Fatal(err)
	}
	if err := perform(t, client, asctest.MarketplaceWebhooksCreate, ""); err == nil || asked == 0 {
		t.Errorf("the transport's proxy was not asked: %v", err)
	}
}

// TestBaseURLs: the host is lower-cased, since ProxyFromEnvironment knows only
// "localhost", and slashes at the end are dropped.
func TestBaseURLs(t *testing.T) {
	for base, want := range map[string]string{
		"http://LOCALHOST:8080":     "http://localhost:8080/v1/marketplaceWebhooks",
		"https://API.Example.com":   "https://api.example.com/v1/marketplaceWebhooks",
		"https://h//":               "https://h/v1/marketplaceWebhooks",
		"https://h/":                "https://h/v1/marketplaceWebhooks",
		"https://h":                 "https://h/v1/marketplaceWebhooks",
		"https://h/Prefix/apple///": "https://h/Prefix/apple/v1/marketplaceWebhooks",
	} {
		var got string
		client := transportClient(t, func(req *http.Request) (*http.Response, error) {
			got = req.URL.String()
			return cannedList().RoundTrip(req)
		}, wrapper.WithBaseURL(base))
		if _, err := client.MarketplaceWebhooks.List(t.Context()); err != nil || got != want {
			t.Errorf("%s: sent to %s, want %s; %v", base, got, want, err)
		}
	}
}

// TestLastHTTPClientWins: one without a Transport brings net/http's back, and
// its Timeout.
func TestLastHTTPClientWins(t *testing.T) {
	var first, second atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		second.Add(1)
		w.WriteHeader(http.StatusForbidden)
	}))
	defer server.Close()
	client, err := wrapper.NewClient(fixedToken("token"), wrapper.WithBaseURL(server.URL),
		wrapper.WithHTTPClient(&http.Client{Timeout: time.Nanosecond, Transport: roundTripper(
			func(*http.Request) (*http.Response, error) { first.Add(1); return nil, errors.New("the old one") })}),
		wrapper.WithHTTPClient(&http.Client{}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.MarketplaceWebhooks.List(t.Context()); !is[*wrapper.APIError](err) {
		t.Errorf("got %v, want the server's refusal", err)
	}
	if first.Load() != 0 || second.Load() != 1 {
		t.Errorf("%d requests through the first client, %d to the server", first.Load(), second.Load())
	}
}

// TestTimeouts: of the two, the shorter bounds an attempt.
func TestTimeouts(t *testing.T) {
	for _, test := range []struct{ attempt, client, want time.Duration }{
		{0, 0, 30 * time.Second}, {0, time.Hour, 30 * time.Second}, {0, time.Second, time.Second},
		{2 * time.Second, time.Minute, 2 * time.Second}, {2 * time.Second, time.Second, time.Second},
		{time.Minute, 0, time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			hang := roundTripper(func(req *http.Request) (*http.Response, error) {
				<-req.Context().Done()
				return nil, req.Context().Err()
			})
			client, err := wrapper.NewClient(fixedToken("token"),
				wrapper.WithRetry(wrapper.Retry{Attempts: 1, Timeout: test.attempt}),
				wrapper.WithHTTPClient(&http.Client{Transport: hang, Timeout: test.client}))
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			if err := perform(t, client, asctest.MarketplaceWebhooksList, ""); !isTimeout(err) {
				t.Errorf("got %v, want a timeout", err)
			}
			if took := time.Since(start); took != test.want {
				t.Errorf("Retry %v and Client %v: ended after %v, want %v", test.attempt, test.client, took, test.want)
			}
		})
	}
}

// TestNoRetryLineWithoutRetry: a wait that was cancelled leads to no retry, and
// none is logged.
func TestNoRetryLineWithoutRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		answer := newCanned(503, "")
		answer.header.Set("Retry-After", "10")
		client := cannedClient(t, answer, wrapper.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := client.MarketplaceWebhooks.List(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the context's error", err)
		}
		if log.Len() != 0 {
			t.Errorf("logged %s", &log)
		}
	})
}

// TestTokenSourceIsAskedOnce: its error is not tried again, as Retry says.
func TestTokenSourceIsAskedOnce(t *testing.T) {
	asked := 0
	source := &countingSource{asked: &asked}
	client, err := wrapper.NewClient(source, quick)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.MarketplaceWebhooks.List(t.Context()); !errors.Is(err, errNoToken) {
		t.Errorf("got %v, want the source's error", err)
	}
	if asked != 1 {
		t.Errorf("asked %d times, want once", asked)
	}
}

var errNoToken = errors.New("no token today")

type countingSource struct{ asked *int }

func (s *countingSource) Token(context.Context) (string, error) { *s.asked++; return "", errNoToken }
