package wrapper

import (
	"errors"
	"strings"
)

// credentials are what one attempt carried and no error may show.
type credentials struct {
	token  string
	secret Secret
}

// redact withholds a text that echoes one of them, as a page, a log or an
// error of net/http may. All of it goes, since a secret shows by its gaps.
func (used credentials) redact(text string) string { return used.withhold(text, 1) }

// redactLong is redact for what must not be lost by chance, such as a code:
// values below eight bytes pass.
func (used credentials) redactLong(text string) string { return used.withhold(text, 8) }

func (used credentials) withhold(text string, shortest int) string {
	textCore := alphanumeric(text)
	for _, value := range []string{used.token, used.secret.reveal()} {
		if value == "" || len(value) < shortest {
			continue
		}
		if core := alphanumeric(value); strings.Contains(text, value) || core != "" && strings.Contains(textCore, core) {
			return redacted
		}
	}
	return text
}

// hide is redact for an error. What it wraps goes too, since that shows the same.
func (used credentials) hide(err error) error {
	if text := err.Error(); used.redactLong(text) != text {
		return errors.New("an error that quotes the request: " + redacted)
	}
	return err
}

// alphanumeric leaves what every way of escaping leaves alone, so that a value
// is found in HTML, in JSON, in a URL, or wrapped over lines.
func alphanumeric(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		if n := escapeLen(s); n > 0 {
			s = s[n:]
			continue
		}
		if c := s[0]; isHex(c) || 'g' <= c && c <= 'z' || 'G' <= c && c <= 'Z' {
			b.WriteByte(c)
		}
		s = s[1:]
	}
	return b.String()
}

// escapeLen is the length of the escape sequence that s begins with: %2F,
// \u002f or &#x2F; and their like.
func escapeLen(s string) int {
	switch {
	case len(s) >= 3 && s[0] == '%' && isHex(s[1]) && isHex(s[2]):
		return 3
	case len(s) >= 6 && s[0] == '\\' && s[1] == 'u':
		return 6
	case s[0] == '&':
		if end := strings.IndexByte(s[:min(len(s), 10)], ';'); end > 0 {
			return end + 1
		}
	}
	return 0
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// printable keeps at most limit printable ASCII bytes of s, each run of
// anything else turned into one space.
func printable(s string, limit int) string {
	var b strings.Builder
	gap := false
	for _, r := range s {
		if isNotGraphic(r) {
			gap = b.Len() > 0
			continue
		}
		if gap && b.Len() < limit {
			b.WriteByte(' ')
		}
		gap = false
		if b.Len() >= limit {
			break
		}
		b.WriteByte(byte(r))
	}
	return b.String()
}
