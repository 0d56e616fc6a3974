package notification

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"hash"
	"sync"
)

// Why a [Verifier] refuses a notification.
var (
	ErrSignatureFormat = errors.New("notification: the " + SignatureHeader +
		" header is not hmacsha256= and 64 hex digits")
	ErrSignatureMismatch = errors.New("notification: the signature was made with another secret or for another body")
)

// A Verifier checks whether a notification was signed with one of its secrets.
// Create one and reuse it: it is safe for concurrent use, and fast because it
// keeps keyed MACs. The zero Verifier has no secret and refuses everything.
type Verifier struct {
	// The secrets live in the pool's New only, where no formatting verb sees them.
	macs sync.Pool
}

// NewVerifier returns a Verifier for one or more secrets, which it copies.
// Use several while the secret is being rotated. No secret at all, an empty one,
// or one that ends in a newline is an error.
func NewVerifier(secrets ...[]byte) (*Verifier, error) {
	if len(secrets) == 0 {
		return nil, errors.New("notification: a verifier needs a secret: pass the one that the webhook is registered with")
	}
	keys := make([][]byte, len(secrets))
	for i, secret := range secrets {
		switch {
		case len(secret) == 0:
			return nil, fmt.Errorf("notification: secret %d is empty: pass the one that the webhook is registered with", i)
		case bytes.HasSuffix(secret, []byte("\n")), bytes.HasSuffix(secret, []byte("\r")):
			return nil, fmt.Errorf("notification: secret %d ends in a newline, as text from a file does: remove the newline", i)
		}
		keys[i] = bytes.Clone(secret)
	}
	return &Verifier{macs: sync.Pool{New: func() any { return newMACs(keys) }}}, nil
}

// Verify checks the value of the signature header against the body exactly as
// it was received, before any decoding. It returns the index of the secret
// that signed it, the first if several are equal. The error is
// ErrSignatureFormat or ErrSignatureMismatch, with an index of -1. Hex digits
// may be upper or lower case. Every secret is tried, in constant time.
func (v *Verifier) Verify(body []byte, signature string) (secret int, err error) {
	claimed, err := parseSignature(signature)
	if err != nil {
		return -1, err
	}
	return v.match(body, claimed)
}

func (v *Verifier) match(body []byte, claimed [sha256.Size]byte) (secret int, err error) {
	if v == nil {
		return -1, ErrSignatureMismatch
	}
	m, ok := v.macs.Get().(*macs)
	if !ok {
		return -1, ErrSignatureMismatch
	}
	secret = m.match(body, claimed)
	v.macs.Put(m)
	if secret < 0 {
		return -1, ErrSignatureMismatch
	}
	return secret, nil
}

// macs holds one keyed MAC per secret. Resetting one costs half of keying it.
type macs struct {
	keyed []hash.Hash
	sum   [sha256.Size]byte
}

func newMACs(keys [][]byte) *macs {
	m := &macs{}
	for _, key := range keys {
		m.keyed = append(m.keyed, hmac.New(sha256.New, key))
	}
	return m
}

// match runs backwards, so that the first of equal secrets wins without an early exit.
func (m *macs) match(body []byte, claimed [sha256.Size]byte) int {
	matched := -1
	for i := len(m.keyed) - 1; i >= 0; i-- {
		mac := m.keyed[i]
		mac.Reset()
		mac.Write(body)
		equal := subtle.ConstantTimeCompare(mac.Sum(m.sum[:0]), claimed[:])
		matched = subtle.ConstantTimeSelect(equal, i, matched)
	}
	return matched
}
