package wrapper

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"time"
)

// DefaultBaseURL is where App Store Connect serves its API, as documented by Apple.
const DefaultBaseURL = "https://api.appstoreconnect.apple.com"

// A TokenSource returns the bearer token of the next request.
// *auth.TokenSource is one. It must be safe for concurrent use and should
// cache its token: it is asked once for every attempt.
//
// If it also has the method
//
//	Refused(token string, serverTime time.Time)
//
// that is called when App Store Connect responds with 401, with the refused
// token and the time in the response's Date header (zero if there was none),
// before Token is called again.
type TokenSource interface {
	Token(ctx context.Context) (string, error)
}

// Client calls App Store Connect. It is safe for concurrent use: create one
// with NewClient and reuse it.
type Client struct {
	// MarketplaceWebhooks is the marketplaceWebhooks resource, which Apple has
	// deprecated in favour of Webhooks.
	MarketplaceWebhooks *MarketplaceWebhooks
	// Webhooks is the webhooks resource, with its deliveries and pings.
	Webhooks *Webhooks

	// What events are about.
	Apps             *Apps
	AppStoreVersions *AppStoreVersions
	BackgroundAssets *BackgroundAssets
	BetaFeedback     *BetaFeedback
	Builds           *Builds
	Packages         *Packages
	PackageVersions  *PackageVersions

	self struct{ c *Client } // what each resource points at: one for all spares importers the unused ones

	// Functions, since fmt prints a TokenSource of kind string but no function.
	token   func(context.Context) (string, error)
	refused func(token string, serverTime time.Time)

	baseURL   *url.URL
	plainHost string // may be called without TLS
	server    string // baseURL for the generated client
	transport http.RoundTripper
	timeout   time.Duration // of the caller's http.Client; 0: none
	userAgent string
	logger    logger // nil: nothing is logged
	retry     Retry

	mu        sync.Mutex // guards what the latest response reported
	rateLimit RateLimit
	clock     serverClock
}

// logger is *slog.Logger. Only WithLogger names it, which spares programs that
// don't log the handlers of log/slog.
type logger interface {
	Enabled(ctx context.Context, level slog.Level) bool
	LogAttrs(ctx context.Context, level slog.Level, msg string, attrs ...slog.Attr)
}

// Option changes how NewClient sets a Client up.
type Option func(*Client) error

// NewClient returns a client that authenticates its requests with tokens. It
// fails if tokens is nil or an option's value is not usable; it sends nothing.
func NewClient(tokens TokenSource, opts ...Option) (*Client, error) {
	if tokens == nil || isNil(tokens) {
		return nil, errors.New("wrapper: NewClient needs a TokenSource, got nil")
	}
	c := &Client{
		token:     tokens.Token,
		refused:   func(string, time.Time) {},
		baseURL:   &url.URL{Scheme: "https", Host: strings.TrimPrefix(DefaultBaseURL, "https://")},
		transport: http.DefaultTransport,
		userAgent: "ascmarketplace-webhooks",
		retry:     Retry{}.withDefaults(),
	}
	if source, ok := tokens.(interface{ Refused(string, time.Time) }); ok {
		c.refused = source.Refused
	}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("wrapper: NewClient got a nil Option")
		}
		if err := opt(c); err != nil {
			return nil, err
		}
	}
	if !isSecureURL(c.baseURL) && !c.isPlain(c.baseURL) {
		return nil, errors.New("wrapper: base URL must be https (or http on a loopback host): " +
			"a bearer token travels over TLS only")
	}
	if c.timeout > 0 {
		c.retry.Timeout = min(c.retry.Timeout, c.timeout)
	}
	c.server = c.baseURL.String() + "/"
	c.transport = withoutProxy(c.transport, c.baseURL)
	c.self.c = c
	c.MarketplaceWebhooks = (*MarketplaceWebhooks)(&c.self)
	c.Webhooks = (*Webhooks)(&c.self)
	c.Apps = (*Apps)(&c.self)
	c.AppStoreVersions = (*AppStoreVersions)(&c.self)
	c.BackgroundAssets = (*BackgroundAssets)(&c.self)
	c.BetaFeedback = (*BetaFeedback)(&c.self)
	c.Builds = (*Builds)(&c.self)
	c.Packages = (*Packages)(&c.self)
	c.PackageVersions = (*PackageVersions)(&c.self)
	return c, nil
}

// isNil reports a nil whose method would panic.
func isNil(v any) bool {
	value := reflect.ValueOf(v)
	return (value.Kind() == reflect.Pointer || value.Kind() == reflect.Func) && value.IsNil()
}

// withoutProxy keeps a token that travels in the clear on this machine, or in
// the network of a test: a proxy would be elsewhere.
func withoutProxy(transport http.RoundTripper, base *url.URL) http.RoundTripper {
	t, ok := transport.(*http.Transport)
	if !ok || t.Proxy == nil || base.Scheme != "http" {
		return transport
	}
	if proxy, err := t.Proxy(&http.Request{URL: base, Header: http.Header{}}); err == nil && proxy == nil {
		return transport
	}
	t = t.Clone()
	t.Proxy = nil
	return t
}

// WithBaseURL replaces DefaultBaseURL, for a fake or a proxy. The URL must be
// https, or http on a loopback host: a bearer token travels over TLS only. For
// tests in containers see WithPlainHTTP.
func WithBaseURL(baseURL string) Option {
	return func(c *Client) error {
		u, err := url.Parse(strings.TrimRight(baseURL, "/"))
		switch {
		case err != nil || u.Opaque != "" || !isHost(u):
			return errors.New("wrapper: base URL must be absolute, such as " + DefaultBaseURL)
		case u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(baseURL, "#"):
			return errors.New("wrapper: base URL must have no user, query or fragment")
		}
		u.Host = strings.ToLower(u.Host)
		c.baseURL = u
		return nil
	}
}

// WithPlainHTTP lets one host be called over http, without TLS, and webhooks
// with http URLs be registered there. It is for tests whose App Store Connect is
// a fake in another container, such as ascwebhooks sandbox, and for nothing
// else: whoever is on the way can read the token. host is the name or address
// in the base URL, without a port.
func WithPlainHTTP(host string) Option {
	return func(c *Client) error {
		host = strings.Trim(host, "[]")
		u := &url.URL{Host: host}
		if strings.Contains(host, ":") { // of IPv6 addresses only
			u.Host = "[" + host + "]"
		}
		switch {
		case !isHost(u):
			return errors.New("wrapper: WithPlainHTTP needs a host without a port, such as sandbox")
		case strings.HasSuffix("."+strings.TrimSuffix(strings.ToLower(host), "."), ".apple.com"):
			return errors.New("wrapper: WithPlainHTTP is for a fake, and not for Apple's hosts")
		}
		c.plainHost = host
		return nil
	}
}

// WithHTTPClient sends requests as client does, for a proxy, for client
// certificates or for instrumentation: through its Transport, each attempt
// within its Timeout. Its Jar and its CheckRedirect are not used, since no
// cookie is kept and no redirect followed. A Transport that wraps another must
// not send a request twice: a create may then be carried out twice.
func WithHTTPClient(client *http.Client) Option {
	return func(c *Client) error {
		if client == nil {
			return errors.New("wrapper: WithHTTPClient needs a client, got nil")
		}
		c.transport = http.DefaultTransport
		if client.Transport != nil {
			if isNil(client.Transport) {
				return errors.New("wrapper: WithHTTPClient got a client whose Transport is a nil pointer")
			}
			c.transport = client.Transport
		}
		c.timeout = client.Timeout
		return nil
	}
}

// WithUserAgent replaces the User-Agent header, by which Apple's support may
// recognise your requests.
func WithUserAgent(userAgent string) Option {
	return func(c *Client) error {
		if userAgent == "" || strings.ContainsFunc(userAgent, func(r rune) bool { return r < ' ' || r > '~' }) {
			return errors.New("wrapper: user agent must be printable ASCII and not empty")
		}
		c.userAgent = userAgent
		return nil
	}
}

// WithLogger logs to logger; without it nothing is logged. There is one debug
// line for each attempt and one warning for each retry: operation, route
// template, status, attempt, duration and request ID, and nothing else.
func WithLogger(logger *slog.Logger) Option {
	return func(c *Client) error {
		if logger == nil {
			return errors.New("wrapper: WithLogger needs a logger, got nil")
		}
		c.logger = logger
		return nil
	}
}

// WithRetry replaces the retry policy. Retry{Attempts: 1} switches retries off.
func WithRetry(retry Retry) Option {
	return func(c *Client) error {
		if retry.Attempts < 0 || retry.Timeout < 0 || retry.Backoff < 0 || retry.MaxWait < 0 {
			return fmt.Errorf("wrapper: retry policy must have no negative value, got %+v", retry)
		}
		c.retry = retry.withDefaults()
		return nil
	}
}

// RateLimit returns the latest rate limit that App Store Connect reported, and
// whether it has reported any. It is cheap enough to call before every request.
func (c *Client) RateLimit() (RateLimit, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rateLimit, !c.rateLimit.At.IsZero()
}

func (c *Client) noteRateLimit(limit RateLimit) {
	if limit.At.IsZero() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !limit.At.Before(c.rateLimit.At) { // the body of an older response may end later
		c.rateLimit = limit
	}
}

// template is the path of u as the OpenAPI document writes it: below the base
// URL, with {id} for the resource's id, which Apple's paths have in third place.
func (c *Client) template(u *url.URL) string {
	segments := strings.Split(strings.TrimPrefix(u.EscapedPath(), c.baseURL.EscapedPath()), "/")
	if len(segments) > 3 {
		segments[3] = "{id}"
	}
	return strings.Join(segments, "/")
}
