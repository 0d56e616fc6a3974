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
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestNewClientRefusesNil: as such, typed, and among the options.
func TestNewClientRefusesNil(t *testing.T) {
	for name, test := range map[string]struct {
		tokens wrapper.TokenSource
		option wrapper.Option
	}{
		"source":             {nil, wrapper.WithUserAgent("a")},
		"typed source":       {(*auth.TokenSource)(nil), wrapper.WithUserAgent("a")},
		"function as source": {tokenFunc(nil), wrapper.WithUserAgent("a")},
		"option":             {fixedToken("t"), nil},
		"typed Transport":    {fixedToken("t"), over((*http.Transport)(nil))},
	} {
		t.Run(name, func(t *testing.T) {
			if client, err := wrapper.NewClient(test.tokens, test.option); client != nil || err == nil {
				t.Errorf("got %v, %v, want an error", client, err)
			}
		})
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, test := range []struct {
		option wrapper.Option
		want   string
	}{
		{wrapper.WithBaseURL("api.example.com"), "base URL must be absolute"},
		{wrapper.WithBaseURL(""), "base URL must be absolute"},
		{wrapper.WithBaseURL("https://user:password@example.com"), "base URL must have no user"},
		{wrapper.WithBaseURL("https://example.com?x"), "base URL must have no user, query"},
		{wrapper.WithBaseURL("http://example.com"), "base URL must be https"},
		{wrapper.WithBaseURL("ftp://localhost"), "base URL must be https"},
		{wrapper.WithHTTPClient(nil), "WithHTTPClient needs a client"},
		{wrapper.WithLogger(nil), "WithLogger needs a logger"},
		{wrapper.WithUserAgent("a\nb"), "user agent must be printable ASCII"},
		{wrapper.WithUserAgent(""), "user agent must be printable ASCII"},
		{wrapper.WithRetry(wrapper.Retry{Attempts: -1}), "retry policy must have no negative"},
		{wrapper.WithRetry(wrapper.Retry{MaxWait: -time.Second}), "retry policy must have no negative"},
		{wrapper.WithRetry(wrapper.Retry{Timeout: -time.Second}), "retry policy must have no negative"},
		{wrapper.WithRetry(wrapper.Retry{Backoff: -time.Second}), "retry policy must have no negative"},
	} {
		client, err := wrapper.NewClient(fixedToken("token"), test.option)
		if client != nil || err == nil || !strings.HasPrefix(err.Error(), "wrapper: "+test.want) {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
	for _, bad := range []string{
		"https://example.com/#", "https://example.com/prefix#", "https://:443", "https://example.com?",
		"https://example.com:99999", "http://10.0.0.1", "http://0.0.0.0", "http://localhost.", "http://[::1%25lo]",
	} {
		if _, err := wrapper.NewClient(fixedToken("token"), wrapper.WithBaseURL(bad)); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
	for _, good := range []string{
		"https://example.com", "http://LOCALHOST:1", "https://example.com/proxy/", "http://127.0.0.1:1",
		"http://localhost:8080/", "http://[::1]:1",
	} {
		if _, err := wrapper.NewClient(fixedToken("token"), wrapper.WithBaseURL(good)); err != nil {
			t.Errorf("%s: %v", good, err)
		}
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

// TestCallersClientIsLeftAlone: a caller's http.Client is copied, not changed.
func TestCallersClientIsLeftAlone(t *testing.T) {
	server := asctest.NewServer(t)
	transport := server.Client().Transport
	theirs := &http.Client{Transport: transport, Timeout: time.Minute}
	connect(t, server, wrapper.WithHTTPClient(theirs))
	if theirs.CheckRedirect != nil || theirs.Transport != transport || theirs.Timeout != time.Minute || theirs.Jar != nil {
		t.Errorf("changed to %+v", theirs)
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
	client := newClient(t, fixedToken("token"), wrapper.WithBaseURL(server.URL),
		wrapper.WithHTTPClient(&http.Client{Timeout: time.Nanosecond, Transport: roundTripper(
			func(*http.Request) (*http.Response, error) { first.Add(1); return nil, errors.New("the old one") })}),
		wrapper.WithHTTPClient(&http.Client{}))
	if _, err := client.MarketplaceWebhooks.List(t.Context()); !is[*wrapper.APIError](err) {
		t.Errorf("got %v, want the server's refusal", err)
	}
	if first.Load() != 0 || second.Load() != 1 {
		t.Errorf("%d requests through the first client, %d to the server", first.Load(), second.Load())
	}
}

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
		client := connect(t, server, over(transport), wrapper.WithBaseURL(base))
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
	theirs := over(transport)
	client := newClient(t, fixedToken("token"), quick, theirs)
	if err := perform(t, client, asctest.MarketplaceWebhooksCreate, ""); err == nil || asked == 0 {
		t.Errorf("the transport's proxy was not asked: %v", err)
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
			client := newClient(t, fixedToken("token"),
				wrapper.WithRetry(wrapper.Retry{Attempts: 1, Timeout: test.attempt}),
				wrapper.WithHTTPClient(&http.Client{Transport: hang, Timeout: test.client}))
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

// TestHeaders: what every request says.
func TestHeaders(t *testing.T) {
	server := asctest.NewServer(t)
	client := connect(t, server, wrapper.WithUserAgent("agent/1"))
	for _, operation := range allOperations {
		id := prepare(server, operation)
		if err := perform(t, client, operation, id); err != nil {
			t.Fatal(err)
		}
		requests := server.Exchanges()
		request := requests[len(requests)-1]
		h, hasBody := request.Header, request.Method == http.MethodPost || request.Method == http.MethodPatch
		if h.Get("Accept") != "application/json" || h.Get("User-Agent") != "agent/1" {
			t.Errorf("%s: %v", operation, h)
		}
		if got := h.Get("Content-Type") == "application/json"; got != hasBody {
			t.Errorf("%s: Content-Type %q", operation, h.Get("Content-Type"))
		}
	}
}

// TestNoRetryLineWithoutRetry: a wait that was cancelled leads to no retry, and
// none is logged.
func TestNoRetryLineWithoutRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		response := newCanned(503, "")
		response.header.Set("Retry-After", "10")
		client := cannedClient(t, response, wrapper.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
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
