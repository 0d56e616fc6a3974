package wrapper

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
)

// Option changes how NewClient sets a Client up.
type Option func(*Client) error

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
