package asctest

// API keys for tests: team keys and individual keys.

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// Key is an API key. It has the fields of the module's auth.Key in the same
// order, so that auth.Key(key) converts it.
type Key struct {
	ID       string        // the key ID, ten capitals and digits
	IssuerID string        // a UUID; empty makes it an individual key
	Signer   crypto.Signer // a P-256 key
}

// NewKey returns a fresh team key. For an individual key set its IssuerID to "".
func NewKey(t TB) Key {
	t.Helper()
	key, err := newKey()
	if err != nil {
		t.Fatalf("%v", err)
	}
	return key
}

func newKey() (Key, error) {
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Key{}, fmt.Errorf("asctest: making a key: %w", err)
	}
	return Key{ID: rand.Text()[:10], IssuerID: newUUID(), Signer: signer}, nil
}

// PEM returns the private key in PKCS#8 form, as in the AuthKey_<ID>.p8 files
// that Apple hands out. It is nil if the Signer does not hold the key itself.
func (k Key) PEM() []byte {
	der, err := x509.MarshalPKCS8PrivateKey(k.Signer)
	if err != nil {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// String names the key without its private part.
func (k Key) String() string { return "key " + k.ID }

// GoString is String, for %#v.
func (k Key) GoString() string { return k.String() }

func (k Key) public() (*ecdsa.PublicKey, error) {
	if k.ID == "" || k.Signer == nil {
		return nil, errors.New("asctest: a key needs ID and Signer")
	}
	public, ok := k.Signer.Public().(*ecdsa.PublicKey)
	if !ok || public.Curve != elliptic.P256() {
		return nil, fmt.Errorf("asctest: key %s: the Signer is not a P-256 key", k.ID)
	}
	return public, nil
}

// newUUID returns a random UUID (version 4).
func newUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
