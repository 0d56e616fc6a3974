package auth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"io"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/auth"
)

func TestTokenOnTheWire(t *testing.T) {
	signer := newPrivateKey(t, elliptic.P256())
	common := map[string]string{"aud": `"appstoreconnect-v1"`}
	tests := map[string]struct {
		issuerID string
		options  []auth.Option
		claims   map[string]string
		lifetime time.Duration
	}{
		"team key":       {issuerID, nil, map[string]string{"iss": `"` + issuerID + `"`}, 15 * time.Minute},
		"individual key": {"", nil, map[string]string{"sub": `"user"`}, 15 * time.Minute},
		"scope": {issuerID, []auth.Option{auth.WithScope("GET /v1/marketplaceWebhooks", "GET /v1/apps?limit=1")},
			map[string]string{"iss": `"` + issuerID + `"`, "scope": `["GET /v1/marketplaceWebhooks","GET /v1/apps?limit=1"]`}, 15 * time.Minute},
		"longest life":  {"", []auth.Option{auth.WithLifetime(20 * time.Minute)}, map[string]string{"sub": `"user"`}, 20 * time.Minute},
		"shortest life": {"", []auth.Option{auth.WithLifetime(3*time.Minute + time.Millisecond)}, map[string]string{"sub": `"user"`}, 3 * time.Minute},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			source, err := auth.NewTokenSource(auth.Key{ID: keyID, IssuerID: test.issuerID, Signer: signer}, test.options...)
			if err != nil {
				t.Fatal(err)
			}
			before := time.Now().Truncate(time.Second)
			token := mustToken(t, source)
			header, claims := parts(t, token, signer.Public())
			for field, want := range map[string]string{"alg": `"ES256"`, "typ": `"JWT"`, "kid": `"` + keyID + `"`} {
				if got := string(header[field]); got != want || len(header) != 3 {
					t.Errorf("header %s is %s, want %s", field, got, want)
				}
			}
			iat, exp := times(t, token, signer.Public())
			if backdated := before.Sub(iat); exp.Sub(iat) != test.lifetime || backdated > time.Minute || backdated < 50*time.Second {
				t.Errorf("iat is %s ago, lifetime %s", backdated, exp.Sub(iat))
			}
			delete(claims, "iat")
			delete(claims, "exp")
			maps.Copy(test.claims, common)
			for field, want := range test.claims {
				if got := string(claims[field]); got != want {
					t.Errorf("claim %s is %s, want %s", field, got, want)
				}
			}
			if len(claims) != len(test.claims) {
				t.Errorf("claims are %v", slices.Sorted(maps.Keys(claims)))
			}
		})
	}
}

// fixedSigner answers with given bytes, as a broken KMS adapter would.
type fixedSigner struct {
	crypto.Signer
	signature []byte
}

func (s fixedSigner) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return s.signature, nil
}

// TestSignatureForm pads short numbers and refuses what is not a signature.
func TestSignatureForm(t *testing.T) {
	der := func(r, s *big.Int) []byte {
		out, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	small, wide := big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 256)
	tests := map[string]struct {
		signature []byte
		want      string // the token's last part
	}{
		"short numbers": {der(small, small), strings.Repeat("A", 42) + "E" + strings.Repeat("A", 42) + "Q"},
		"nothing":       {nil, ""},
		"raw r and s":   {make([]byte, 64), ""},
		"trailing data": {append(der(small, small), 0), ""},
		"zero":          {der(small, new(big.Int)), ""},
		"negative":      {der(big.NewInt(-1), small), ""},
		"too wide":      {der(small, wide), ""},
	}
	private := newPrivateKey(t, elliptic.P256())
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			token, err := newSource(t, fixedSigner{private, test.signature}).Token(t.Context())
			if (err == nil) != (test.want != "") {
				t.Errorf("error %v", err)
			}
			if !strings.HasSuffix(token, test.want) || (token == "") != (test.want == "") {
				t.Errorf("token %q", token)
			}
		})
	}
}

func TestNewTokenSourceRefuses(t *testing.T) {
	good := newPrivateKey(t, elliptic.P256())
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	tests := map[string]struct {
		key    auth.Key
		option auth.Option
		want   string // part of the text
		is     error
	}{
		"no key ID":           {auth.Key{ID: "", IssuerID: issuerID, Signer: good}, nil, "key ID is empty", nil},
		"key ID as path":      {auth.Key{ID: "../x", IssuerID: issuerID, Signer: good}, nil, "key ID must be letters and digits", nil},
		"issuer as key ID":    {auth.Key{ID: issuerID, IssuerID: keyID, Signer: good}, nil, "key ID must be letters and digits", nil},
		"key ID too long":     {auth.Key{ID: strings.Repeat("A", 33), IssuerID: issuerID, Signer: good}, nil, "at most 32", nil},
		"key ID with newline": {auth.Key{ID: keyID + "\n", IssuerID: issuerID, Signer: good}, nil, "key ID must be letters and digits", nil},
		"issuer with space":   {auth.Key{ID: keyID, IssuerID: issuerID + " ", Signer: good}, nil, "issuer ID must be letters, digits and hyphens", nil},
		"no signer":           {auth.Key{ID: keyID, IssuerID: issuerID, Signer: nil}, nil, "no Signer", nil},
		"typed nil":           {auth.Key{ID: keyID, IssuerID: issuerID, Signer: (*ecdsa.PrivateKey)(nil)}, nil, "no Signer", nil},
		"another typed nil":   {auth.Key{ID: keyID, IssuerID: issuerID, Signer: (*remoteSigner)(nil)}, nil, "no Signer", nil},
		"empty private key":   {auth.Key{ID: keyID, IssuerID: issuerID, Signer: &ecdsa.PrivateKey{}}, nil, "curve", auth.ErrWrongCurve},
		"P-384":               {auth.Key{ID: keyID, IssuerID: issuerID, Signer: newPrivateKey(t, elliptic.P384())}, nil, "P-256", auth.ErrWrongCurve},
		"RSA":                 {auth.Key{ID: keyID, IssuerID: issuerID, Signer: rsaKey}, nil, "RSA", auth.ErrRSAKey},
		"Ed25519":             {auth.Key{ID: keyID, IssuerID: issuerID, Signer: edKey}, nil, "kind", auth.ErrUnsupportedKey},
		"zero lifetime":       {auth.Key{ID: keyID, IssuerID: issuerID, Signer: good}, auth.WithLifetime(0), "from 3 to 20 minutes", nil},
		"short lifetime":      {auth.Key{ID: keyID, IssuerID: issuerID, Signer: good}, auth.WithLifetime(3*time.Minute - 1), "from 3 to 20 minutes", nil},
		"long lifetime":       {auth.Key{ID: keyID, IssuerID: issuerID, Signer: good}, auth.WithLifetime(20*time.Minute + time.Second), "from 3 to 20 minutes", nil},
		"no scope":            {auth.Key{ID: keyID, IssuerID: issuerID, Signer: good}, auth.WithScope(), "at least one", nil},
		"POST scope":          {auth.Key{ID: keyID, IssuerID: issuerID, Signer: good}, auth.WithScope("GET /v1/apps", "POST /v1/apps"), "GET /v1/", nil},
		"bare scope":          {auth.Key{ID: keyID, IssuerID: issuerID, Signer: good}, auth.WithScope("GET /v1/"), "GET /v1/", nil},
		"spaced scope":        {auth.Key{ID: keyID, IssuerID: issuerID, Signer: good}, auth.WithScope("GET /v1/apps GET /v1/builds"), "space", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var options []auth.Option
			if test.option != nil {
				options = append(options, test.option)
			}
			source, err := auth.NewTokenSource(test.key, options...)
			if source != nil || err == nil || !strings.HasPrefix(err.Error(), "auth: ") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v", err)
			}
			if test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("error %v does not match %v", err, test.is)
			}
		})
	}
}

func TestZeroTokenSource(t *testing.T) {
	var source auth.TokenSource
	if token, err := source.Token(t.Context()); token != "" || err == nil {
		t.Errorf("got %q, %v", token, err)
	}
	source.Refused("", time.Now())
}
