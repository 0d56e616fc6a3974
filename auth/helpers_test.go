package auth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/auth"
	"github.com/golang-jwt/jwt/v5"
)

const (
	keyID    = "2X9R4HXF34"
	issuerID = "57246542-96fe-1a63-e053-0824d011072a"
)

func newPrivateKey(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// block returns PEM of what the marshaller returned.
func block(t testing.TB, kind string) func(der []byte, err error) string {
	return func(der []byte, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
}

func pkcs8(t testing.TB, key any) string {
	t.Helper()
	return block(t, "PRIVATE KEY")(x509.MarshalPKCS8PrivateKey(key))
}

// remoteSigner stands for a key in a KMS: it counts, and does what it is told
// before it signs.
type remoteSigner struct {
	crypto.Signer
	calls  atomic.Int32
	before func(call int32) error
}

func newRemoteSigner(t testing.TB) *remoteSigner {
	return &remoteSigner{Signer: newPrivateKey(t, elliptic.P256())}
}

func (s *remoteSigner) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	call := s.calls.Add(1)
	if s.before != nil {
		if err := s.before(call); err != nil {
			return nil, err
		}
	}
	return s.Signer.Sign(random, digest, opts)
}

func newSource(t testing.TB, signer crypto.Signer, opts ...auth.Option) *auth.TokenSource {
	t.Helper()
	source, err := auth.NewTokenSource(auth.Key{ID: keyID, IssuerID: issuerID, Signer: signer}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func mustToken(t testing.TB, source *auth.TokenSource) string {
	t.Helper()
	token, err := source.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// parts verifies the token with jwt and the public key, then returns its
// header and claims as they are on the wire.
func parts(t testing.TB, token string, public crypto.PublicKey) (header, claims map[string]json.RawMessage) {
	t.Helper()
	keyFunc := func(*jwt.Token) (any, error) { return public, nil }
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"ES256"}), jwt.WithoutClaimsValidation())
	if _, err := parser.Parse(token, keyFunc); err != nil {
		t.Fatal(err)
	}
	segments := strings.Split(token, ".")
	for i, part := range []*map[string]json.RawMessage{&header, &claims} {
		raw, err := base64.RawURLEncoding.DecodeString(segments[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, part); err != nil {
			t.Fatal(err)
		}
	}
	return header, claims
}

// times returns iat and exp, which must be JSON integers.
func times(t testing.TB, token string, public crypto.PublicKey) (iat, exp time.Time) {
	t.Helper()
	_, claims := parts(t, token, public)
	var seconds [2]int64
	for i, name := range []string{"iat", "exp"} {
		if err := json.Unmarshal(claims[name], &seconds[i]); err != nil {
			t.Fatalf("%s is not a whole number: %v", name, err)
		}
	}
	return time.Unix(seconds[0], 0), time.Unix(seconds[1], 0)
}
