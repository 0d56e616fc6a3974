package wrapper

import (
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ErrInvalid is matched by what is refused without sending anything: an
// endpoint URL, a secret or an id that cannot be right. Trying again is futile.
var ErrInvalid = errors.New("invalid argument")

type invalid string

func (e invalid) Error() string        { return "wrapper: " + string(e) }
func (e invalid) Is(target error) bool { return target == ErrInvalid }

// checkEndpointURL holds the URL to what a notification can be posted to.
// That it must be https unless its host is loopback is our rule.
func checkEndpointURL(endpointURL string) error {
	u, err := url.Parse(endpointURL)
	switch {
	case endpointURL == "":
		return invalid("endpoint URL is missing")
	case err != nil || strings.ContainsFunc(endpointURL, isNotGraphic):
		return invalid("endpoint URL does not parse; it must be ASCII without spaces")
	case u.Opaque != "" || !isHost(u):
		return invalid("endpoint URL must be absolute, with a host and a port that can be, such as https://example.com/notifications")
	case u.User != nil:
		return invalid("endpoint URL must have no user or password")
	case strings.Contains(endpointURL, "#"):
		return invalid("endpoint URL must have no fragment")
	case !isPrivateWay(u):
		return invalid("endpoint URL must be https (http is for loopback hosts only)")
	}
	return nil
}

func checkSecret(secret Secret) error {
	value := secret.reveal()
	switch {
	case value == "":
		return invalid("secret is missing or empty")
	case !utf8.ValidString(value):
		// JSON would carry other bytes than the receiver verifies with.
		return invalid("secret is not valid UTF-8; use text, such as base64 or hex")
	}
	return nil
}

// checkID refuses an id that would change which path a request goes to:
// DELETE with the id ".." would go to /v1/.
func checkID(id string) error {
	switch {
	case id == "":
		return invalid("webhook id is missing")
	case len(id) > 256:
		return invalid("webhook id is over 256 bytes")
	case id == "." || id == "..",
		strings.ContainsFunc(id, func(r rune) bool { return isNotGraphic(r) || strings.ContainsRune(`/\?#%`, r) }):
		return invalid("webhook id has a character that no id has; take it as Get or List gave it")
	}
	return nil
}

// isHost reports whether u has a host that DNS may know, or an address without
// a zone, and a port that can be.
func isHost(u *url.URL) bool {
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return false
		}
	}
	host := u.Hostname()
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Zone() == ""
	}
	return strings.Trim(host, ".-") != "" && !strings.ContainsFunc(host, func(r rune) bool {
		return r != '.' && r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// isPrivateWay reports whether nobody can read on the way to u: TLS, or a way
// that does not leave the machine.
func isPrivateWay(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname())
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// isNotGraphic is true of all but printable ASCII without the space.
func isNotGraphic(r rune) bool { return r <= ' ' || r > '~' }
