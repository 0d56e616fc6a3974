package wrapper

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ErrInvalid is matched by what is refused without sending anything: an
// endpoint URL, a secret or an ID that cannot be right. Retrying will not help.
var ErrInvalid = errors.New("invalid argument")

type invalid string

func (e invalid) Error() string        { return "wrapper: " + string(e) }
func (e invalid) Is(target error) bool { return target == ErrInvalid }

// checkEndpointURL checks that a notification can be posted to the URL, and
// that Apple has no reason to rewrite it: a URL that reads back differently can
// never be recognised as ours. Both this and https are our rules.
func (c *Client) checkEndpointURL(endpointURL string) error {
	u, err := url.Parse(canonicalEscapes(endpointURL))
	switch {
	case endpointURL == "":
		return invalid("endpoint URL is missing")
	case err != nil || strings.ContainsFunc(endpointURL, isNotGraphic):
		return invalid("endpoint URL does not parse; it must be ASCII without spaces")
	case u.Opaque != "" || !isHost(u):
		return invalid("endpoint URL must be absolute, with a valid host and port, such as https://example.com/notifications")
	case u.User != nil:
		return invalid("endpoint URL must have no user or password")
	case strings.Contains(endpointURL, "#"):
		return invalid("endpoint URL must have no fragment")
	case !isSecureURL(u) && (u.Scheme != "http" || !c.isPlain(c.baseURL)):
		return invalid("endpoint URL must be https (http is for loopback hosts only)")
	}
	if form := canonicalForm(u); form != endpointURL {
		return invalid("endpoint URL must be in its canonical form, " + form)
	}
	return nil
}

// canonical is rawURL as RFC 3986 normalises it (sections 6.2.2 and 6.2.3), or
// rawURL if it does not parse. No path stays no path: it means the same as "/",
// and both are in use.
func canonical(rawURL string) string {
	u, err := url.Parse(canonicalEscapes(rawURL))
	if err != nil {
		return rawURL
	}
	return canonicalForm(u)
}

// canonicalForm normalises u, whose escapes are canonical already.
func canonicalForm(u *url.URL) string {
	host, port := strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), strings.TrimLeft(u.Port(), "0")
	if strings.Contains(host, ":") {
		if addr, err := netip.ParseAddr(host); err == nil {
			host = "[" + addr.String() + "]"
		}
	}
	if port != "" && port != map[string]string{"https": "443", "http": "80"}[u.Scheme] {
		host += ":" + port
	}
	u.Host, u.ForceQuery = host, false
	return new(url.URL).ResolveReference(u).String() // without dot segments
}

// canonicalEscapes decodes what needs no escape and writes the others in
// upper case.
func canonicalEscapes(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' || i+2 >= len(s) {
			b.WriteByte(s[i])
			continue
		}
		n, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		switch {
		case err != nil:
			b.WriteString(s[i : i+3])
		case isUnreserved(byte(n)):
			b.WriteByte(byte(n))
		default:
			fmt.Fprintf(&b, "%%%02X", n)
		}
		i += 2
	}
	return b.String()
}

func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

// sameURL compares canonically; an empty path is the root.
func sameURL(a, b string) bool { return rooted(canonical(a)) == rooted(canonical(b)) }

func rooted(rawURL string) string {
	before, query, _ := strings.Cut(rawURL, "?")
	if strings.Count(before, "/") == 2 {
		before += "/"
	}
	return before + "?" + query
}

func checkSecret(secret Secret) error {
	value := secret.reveal()
	switch {
	case value == "":
		return invalid("secret is missing or empty")
	case strings.HasSuffix(value, "\n"), strings.HasSuffix(value, "\r"):
		return invalid("secret ends in a newline, as text from a file does: remove the newline")
	case !utf8.ValidString(value):
		// JSON would carry other bytes than the receiver verifies with.
		return invalid("secret is not valid UTF-8; use text, such as base64 or hex")
	}
	return nil
}

// checkAppID refuses what is not a string of digits, as Apple's app IDs are.
func checkAppID(id string) error {
	if id == "" || len(id) > 32 || strings.ContainsFunc(id, func(r rune) bool { return r < '0' || r > '9' }) {
		return invalid("app id must be digits only, such as 6446048195; App Store Connect shows it as Apple ID")
	}
	return nil
}

// checkBundleID refuses what a filter would take for several bundle IDs, or for none.
func checkBundleID(bundleID string) error {
	if bundleID == "" || strings.Contains(bundleID, ",") || strings.ContainsFunc(bundleID, isNotGraphic) {
		return invalid("bundle ID must be one, such as com.example.app")
	}
	return nil
}

// checkID refuses an ID that could change which path a request goes to, there
// or in a proxy that decodes it: DELETE with the ID ".." would go to /v1/. The
// rule is the OpenAPI document's.
func checkID(id string) error {
	switch {
	case id == "":
		return invalid("id is missing")
	case len(id) > 256:
		return invalid("id is over 256 bytes")
	case id[0] == '.', strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`/\?#%`, r) }):
		return invalid("id has characters no such ID contains; take it as App Store Connect returned it")
	}
	return nil
}

// isHost reports whether u has a host that DNS may know, or an address without
// a zone, and a valid port.
func isHost(u *url.URL) bool {
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return false
		}
	}
	host := u.Hostname()
	if strings.Contains(host, ":") {
		addr, err := netip.ParseAddr(host)
		return err == nil && addr.Zone() == ""
	}
	return strings.Trim(host, ".-") != "" && !strings.ContainsFunc(host, func(r rune) bool {
		return r != '.' && r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// isSecureURL reports whether nobody can read what is sent to u: it travels
// over TLS, or does not leave the machine.
func isSecureURL(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname())
}

// isPlain reports whether u is on the host that WithPlainHTTP names.
func (c *Client) isPlain(u *url.URL) bool {
	return u.Scheme == "http" && c.plainHost != "" && strings.EqualFold(u.Hostname(), c.plainHost)
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// isNotGraphic is true of everything but printable ASCII without the space.
func isNotGraphic(r rune) bool { return r <= ' ' || r > '~' }
