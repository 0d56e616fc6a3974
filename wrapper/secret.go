package wrapper

import (
	"fmt"
	"log/slog"
)

// Secret is the key that App Store Connect signs notifications with. Nothing
// prints it: every formatting verb, slog and every encoder that honours
// encoding.TextMarshaler (JSON, XML, YAML) get "[redacted]".
//
// The zero Secret means "not given".
type Secret struct {
	// A pointer, since fmt prints the fields of an unexported struct field
	// without asking its methods.
	value *string
}

const redacted = "[redacted]"

// NewSecret makes a Secret of value, which stays byte for byte as it is.
// Apple never gives a secret back: keep your own copy where secrets belong.
func NewSecret(value string) Secret { return Secret{&value} }

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
	return *s.value
}
