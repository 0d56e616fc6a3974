package wrapper

import (
	"context"
	"errors"
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
