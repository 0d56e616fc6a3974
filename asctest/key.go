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
	"io"
)

// Key is an API key. It has the fields of the module's auth.Key in the same order, so that auth.Key(key) converts it.
// The zero Key becomes a fresh team key.
type Key struct {
	ID       string        // the key ID, ten capitals and digits
	IssuerID string        // a UUID; empty makes it an individual key
	Signer   crypto.Signer // a P-256 key
}

func newKey() Key {
	signer, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader) // which never fails
	return Key{ID: rand.Text()[:10], IssuerID: newUUID(), Signer: signer}
}

// PEM returns the private key in PKCS#8 form, as in the AuthKey_<ID>.p8 files that Apple hands out. It is nil if the
// Signer does not hold the key itself.
func (k Key) PEM() []byte {
	der, err := x509.MarshalPKCS8PrivateKey(k.Signer)
	if err != nil {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// Format names the key without its private part, whatever the verb is.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "key "+k.ID) }

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
