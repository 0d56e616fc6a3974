package auth

// An API key, what makes one invalid, and what keeps its private half from being printed.

import (
	"crypto"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// ErrInvalidKey matches every error about a [Key] that is there and cannot be
// used: its private key, its key ID or its issuer ID. The error's text gives the reason.
var ErrInvalidKey = errors.New("the API key cannot be used")

// invalidKey is one such reason.
type invalidKey string

func (e invalidKey) Error() string { return string(e) }

func (invalidKey) Is(target error) bool { return target == ErrInvalidKey }

const refusedNoKeyID invalidKey = "the key ID is empty: give the one that App Store Connect shows beside the key"

// Key is an App Store Connect API key.
//
// It prints as its ID only, under every verb of fmt and in slog, JSON and XML.
// In an unexported field, where fmt calls no methods, an *[ecdsa.PrivateKey]
// still prints as an address; a Signer that holds secrets by value would show them.
type Key struct {
	// ID is the key ID that App Store Connect shows beside the key, such as
	// 2X9R4HXF34: ASCII letters and digits, at most 32.
	ID string
	// IssuerID is the issuer ID of a team key, a UUID in Apple's
	// documentation. Only its characters are checked: ASCII letters, digits and
	// hyphens. It is empty for an individual key.
	IssuerID string
	// Signer signs with ECDSA on P-256. It is an *[ecdsa.PrivateKey], or a
	// key in a KMS or HSM: Sign gets a SHA-256 digest and returns an ASN.1
	// signature, as [crypto.Signer] specifies, which Public must verify. A
	// context cannot cancel signing, so a remote Signer should have a timeout
	// of its own.
	Signer crypto.Signer
}

// Format implements [fmt.Formatter]. It writes the key ID, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "auth.Key(%s)", k.ID)
}

// MarshalText implements [encoding.TextMarshaler]. It returns the key ID, in
// the form that Format writes.
func (k Key) MarshalText() ([]byte, error) {
	return fmt.Append(nil, k), nil
}

// check returns the first thing that is wrong with the key, without the package's prefix.
func (k Key) check() error {
	switch {
	case k.ID == "":
		return refusedNoKeyID
	case !validKeyID(k.ID):
		return invalidKey("the key ID must be letters and digits only, at most 32: give the one that App Store Connect shows beside the key")
	case strings.ContainsFunc(k.IssuerID, func(r rune) bool { return !isAlphanumeric(r) && r != '-' }):
		return invalidKey("the issuer ID must be letters, digits and hyphens only: copy it from App Store Connect, or leave it empty for an individual key")
	case isNil(k.Signer):
		return invalidKey("the key has no Signer: give it the private key")
	default:
		return checkPublicKey(k.Signer.Public())
	}
}

// validKeyID accepts what can be part of a file name without forming a path,
// and is too short to be a private key in the wrong place.
func validKeyID(id string) bool {
	return 0 < len(id) && len(id) <= 32 && !strings.ContainsFunc(id, func(r rune) bool { return !isAlphanumeric(r) })
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// isNil is true for a typed nil too, such as a (*ecdsa.PrivateKey)(nil).
func isNil(signer crypto.Signer) bool {
	value := reflect.ValueOf(signer)
	return signer == nil || value.Kind() == reflect.Pointer && value.IsNil()
}
