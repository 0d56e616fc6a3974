package auth_test

import (
	"crypto"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/auth"
)

// fixedSigner returns the given bytes, as a broken KMS adapter would.
type fixedSigner struct {
	crypto.Signer
	signature []byte
}

func (s fixedSigner) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return s.signature, nil
}

// TestSignatureNumbersArePadded signs until r and s have both been short: about 256 times.
func TestSignatureNumbersArePadded(t *testing.T) {
	private := newPrivateKey(t, elliptic.P256())
	source := newSource(t, private)
	var shortR, shortS bool
	for range 100_000 {
		token := mustToken(t, source)
		source.Refused(token, time.Time{})
		raw, err := base64.RawURLEncoding.DecodeString(token[strings.LastIndex(token, ".")+1:])
		if err != nil || len(raw) != 64 {
			t.Fatalf("a signature of %d bytes, %v", len(raw), err)
		}
		if raw[0] == 0 || raw[32] == 0 {
			parts(t, token, private.Public())
		}
		shortR, shortS = shortR || raw[0] == 0, shortS || raw[32] == 0
		if shortR && shortS {
			return
		}
	}
	t.Error("r and s were never short")
}

// TestSignatureIsVerified: what the public key does not verify never becomes a
// token, since App Store Connect would only respond with 401.
func TestSignatureIsVerified(t *testing.T) {
	signature := func(r, s *big.Int) []byte {
		out, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	private, other := newPrivateKey(t, elliptic.P256()), newPrivateKey(t, elliptic.P256())
	small, wide := big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 256)
	const form, mismatch = "did not return an ASN.1 signature", "does not fit its public key"
	for name, test := range map[string]struct {
		signer crypto.Signer
		want   string // part of the text
	}{
		"nothing":             {fixedSigner{private, nil}, form},
		"raw r and s":         {fixedSigner{private, make([]byte, 64)}, form},
		"trailing data":       {fixedSigner{private, append(signature(small, small), 0)}, form},
		"zero":                {fixedSigner{private, signature(small, new(big.Int))}, mismatch},
		"negative":            {fixedSigner{private, signature(big.NewInt(-1), small)}, mismatch},
		"too wide":            {fixedSigner{private, signature(small, wide)}, mismatch},
		"made up":             {fixedSigner{private, signature(small, small)}, mismatch},
		"another key's":       {anotherKeysSigner{other, private.Public()}, mismatch},
		"of a second hashing": {hashingSigner{private}, mismatch},
	} {
		t.Run(name, func(t *testing.T) {
			token, err := newSource(t, test.signer).Token(t.Context())
			if token != "" {
				t.Errorf("got token %q", token)
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q in it", err, test.want)
			}
			if got, want := errors.Is(err, auth.ErrInvalidKey), test.want == mismatch; got != want {
				t.Errorf("%v matches ErrInvalidKey: %v, want %v", err, got, want)
			}
		})
	}
}

// anotherKeysSigner is a KMS adapter whose key was rotated after its public half was read.
type anotherKeysSigner struct {
	crypto.Signer
	public crypto.PublicKey
}

func (s anotherKeysSigner) Public() crypto.PublicKey { return s.public }

// hashingSigner is a KMS adapter that hashes the digest it is given once more.
type hashingSigner struct{ crypto.Signer }

func (s hashingSigner) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	again := sha256.Sum256(digest)
	return s.Signer.Sign(random, again[:], opts)
}
