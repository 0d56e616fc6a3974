package auth

// An API key, and what keeps its private half from being printed.

import (
	"crypto"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

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
	// signature, as [crypto.Signer] says. Signing can't be cancelled by a
	// context, so a remote Signer should have a timeout of its own.
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

// check returns the first fault of the key, without the package's prefix.
func (k Key) check() error {
	switch {
	case k.ID == "":
		return errors.New("the key ID is empty: give the one that App Store Connect shows beside the key")
	case !validKeyID(k.ID):
		return errors.New("the key ID must be letters and digits only, at most 32: give the one that App Store Connect shows beside the key")
	case strings.ContainsFunc(k.IssuerID, func(r rune) bool { return !isAlphanumeric(r) && r != '-' }):
		return errors.New("the issuer ID must be letters, digits and hyphens only: copy it from App Store Connect, or leave it empty for an individual key")
	case isNil(k.Signer):
		return errors.New("the key has no Signer: give it the private key")
	default:
		return checkPublicKey(k.Signer.Public())
	}
}

// validKeyID holds for what can be part of a file name and never form a path,
// and is too short to be a private key put in the wrong place.
func validKeyID(id string) bool {
	return 0 < len(id) && len(id) <= 32 && !strings.ContainsFunc(id, func(r rune) bool { return !isAlphanumeric(r) })
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// isNil holds for a typed nil too, such as a (*ecdsa.PrivateKey)(nil).
func isNil(signer crypto.Signer) bool {
	value := reflect.ValueOf(signer)
	return signer == nil || value.Kind() == reflect.Pointer && value.IsNil()
}
