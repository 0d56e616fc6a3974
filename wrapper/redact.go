package wrapper

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// Secret is the key that App Store Connect signs notifications with. Nothing
// prints it: every formatting verb, slog and every encoder that honours
// encoding.TextMarshaler (JSON, XML, YAML) get "[redacted]".
//
// The zero Secret means "not given". Secrets cannot be compared with ==.
type Secret struct {
	// A function, since fmt, spew and other printers by reflection follow
	// fields and pointers without asking the methods of an unexported field.
	value func() string
}

const redacted = "[redacted]"

// NewSecret makes a Secret of value, which stays byte for byte as it is.
// Apple never gives a secret back: keep your own copy where secrets belong.
// Every call refuses a secret that ends in a newline.
func NewSecret(value string) Secret { return Secret{func() string { return value }} }

// IsZero reports whether no secret was given. NewSecret("") was given, and is
// refused by every call, since an empty key signs nothing.
func (s Secret) IsZero() bool { return s.value == nil }

// Format implements fmt.Formatter.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

func (s Secret) reveal() string {
	if s.value == nil {
		return ""
	}
	return s.value()
}

// How long a value must be so that it is withheld: short ones occur in codes and
// in messages of the system by chance, and those must not be lost.
const (
	anyLength = 1
	longOnly  = 8
)

// redact withholds a text that echoes the token or the secret of the call, as
// a page, a log or an error of net/http may: verbatim, wrapped over lines, or
// escaped for a URL, HTML or JSON, once or twice. All of the text goes, since a
// secret shows by its gaps. An echo in another alphabet (upper-cased, base64,
// hex) is not recognised.
func (c *call) redact(text string, shortest int) string {
	if echoes(text, c.token, shortest) || echoes(text, c.secret.reveal(), shortest) {
		return redacted
	}
	return text
}

// redactError is redact for an error. What it wraps goes too, since that
// shows the same.
func (c *call) redactError(err error) error {
	if text := err.Error(); c.redact(text, longOnly) != text {
		return errors.New("an error that quotes the request: " + redacted)
	}
	return err
}

// echoes reports whether text contains value, however it is escaped.
func echoes(text, value string, shortest int) bool {
	if len(value) < max(shortest, 1) {
		return false
	}
	runs := strings.FieldsFunc(value, isEscapable)
	core := len(strings.Join(runs, ""))
	if core < max(shortest, 3) {
		return containsEscaped(text, value)
	}
	// Escaping leaves letters and digits alone, and turns each other byte into
	// at most 12: one of a four-byte character, percent-encoded three times.
	return containsInOrder(strings.Join(strings.Fields(text), ""), runs, core+12*(len(value)-core))
}

// containsInOrder reports whether runs stand in text one after the other,
// from the first to the last within limit bytes.
func containsInOrder(text string, runs []string, limit int) bool {
	for {
		start := strings.Index(text, runs[0])
		if start < 0 {
			return false
		}
		text = text[start:]
		if startsInOrder(text[:min(limit, len(text))], runs) {
			return true
		}
		text = text[1:]
	}
}

func startsInOrder(text string, runs []string) bool {
	for _, run := range runs {
		at := strings.Index(text, run)
		if at < 0 {
			return false
		}
		text = text[at+len(run):]
	}
	return true
}

// containsEscaped looks for a value of few letters and digits as it stands
// and as the usual encoders escape it.
func containsEscaped(text, value string) bool {
	quoted, _ := json.Marshal(value) // of a string: does not fail
	forms := []string{value, string(quoted[1 : len(quoted)-1]), url.QueryEscape(value), url.PathEscape(value)}
	return slices.ContainsFunc(forms, func(form string) bool { return strings.Contains(text, form) })
}

func isEscapable(r rune) bool {
	return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)
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
