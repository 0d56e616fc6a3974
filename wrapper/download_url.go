package wrapper

import (
	"fmt"
	"log/slog"
	"net/url"
	"strings"
)

// DownloadURL is where to download a file. It holds an access key, so it prints
// its scheme, host and path only: under every verb of fmt, in slog, JSON and
// XML. Download without a token: PackageFile.Download does.
type DownloadURL struct {
	value func() string // as in Secret
}

// NewDownloadURL makes a DownloadURL, for tests. An empty one is zero.
func NewDownloadURL(rawURL string) DownloadURL {
	if rawURL == "" {
		return DownloadURL{}
	}
	return DownloadURL{func() string { return rawURL }}
}

// IsZero reports whether there is no URL.
func (u DownloadURL) IsZero() bool { return u.value == nil }

// Reveal returns the whole URL, to download from and not to print.
func (u DownloadURL) Reveal() string {
	if u.value == nil {
		return ""
	}
	return u.value()
}

// String returns the URL without user, parameters, query and fragment.
func (u DownloadURL) String() string {
	whole := u.Reveal()
	parsed, err := url.Parse(whole)
	if err != nil || parsed.Opaque != "" {
		return redacted
	}
	path, _, _ := strings.Cut(parsed.Path, ";")
	shown := (&url.URL{Scheme: parsed.Scheme, Host: parsed.Host, Path: path}).String()
	if shown != whole {
		shown += "?" + redacted
	}
	return shown
}

// Format implements fmt.Formatter.
func (u DownloadURL) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(u.String())) }

// LogValue implements slog.LogValuer.
func (u DownloadURL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// MarshalText implements encoding.TextMarshaler.
func (u DownloadURL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }
