package auth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/auth"
)

func TestTokenOnTheWire(t *testing.T) {
	const (
		team       = `"` + issuerID + `"`
		individual = `"user"`
		audience   = `"appstoreconnect-v1"`
		read, list = "GET /v1/marketplaceWebhooks", "GET /v1/apps?limit=1"
	)
	signer := newPrivateKey(t, elliptic.P256())
	for name, test := range map[string]struct {
		issuerID string
		option   auth.Option
		claims   map[string]string // but for iat and exp
		lifetime time.Duration
	}{
		"team key": {
			issuerID, auth.WithLifetime(15 * time.Minute),
			map[string]string{"aud": audience, "iss": team}, 15 * time.Minute,
		},
		"individual key": {
			"", auth.WithLifetime(15 * time.Minute),
			map[string]string{"aud": audience, "sub": individual}, 15 * time.Minute,
		},
		"scope": {
			issuerID, auth.WithScope(read, list),
			map[string]string{"aud": audience, "iss": team, "scope": `["` + read + `","` + list + `"]`}, 15 * time.Minute,
		},
		"longest life": {
			"", auth.WithLifetime(20 * time.Minute),
			map[string]string{"aud": audience, "sub": individual}, 20 * time.Minute,
		},
		"shortest life": {
			"", auth.WithLifetime(3*time.Minute + time.Millisecond),
			map[string]string{"aud": audience, "sub": individual}, 3 * time.Minute,
		},
	} {
		t.Run(name, func(t *testing.T) {
			key := auth.Key{ID: keyID, IssuerID: test.issuerID, Signer: signer}
			source, err := auth.NewTokenSource(key, test.option)
			if err != nil {
				t.Fatal(err)
			}
			before := time.Now().Truncate(time.Second)
			token := mustToken(t, source)
			iat, exp := times(t, token, signer.Public())
			if got := before.Sub(iat); got > time.Minute || got < 50*time.Second {
				t.Errorf("iat is %s ago, want a minute", got)
			}
			if got, want := exp.Sub(iat), test.lifetime; got != want {
				t.Errorf("lifetime %s, want %s", got, want)
			}
			header, claims := parts(t, token, signer.Public())
			delete(claims, "iat")
			delete(claims, "exp")
			checkFields(t, header, map[string]string{"alg": `"ES256"`, "typ": `"JWT"`, "kid": `"` + keyID + `"`})
			checkFields(t, claims, test.claims)
		})
	}
}

func checkFields(t *testing.T, fields map[string]json.RawMessage, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for name, value := range fields {
		got[name] = string(value)
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestScopeIsTheSourcesOwn(t *testing.T) {
	signer := newPrivateKey(t, elliptic.P256())
	requests := []string{"GET /v1/apps"}
	source := newSource(t, signer, auth.WithScope(requests...))
	requests[0] = "GET /v1/users"
	_, claims := parts(t, mustToken(t, source), signer.Public())
	if got, want := string(claims["scope"]), `["GET /v1/apps"]`; got != want {
		t.Errorf("scope %s, want %s", got, want)
	}
}

func TestNewTokenSourceRefusesAKey(t *testing.T) {
	good := newPrivateKey(t, elliptic.P256())
	p384 := newPrivateKey(t, elliptic.P384())
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	const badKeyID, badIssuer = "key ID must be letters and digits", "issuer ID must be letters, digits and hyphens"
	for name, test := range map[string]struct {
		id, issuerID string
		signer       crypto.Signer
		want         string // part of the text
	}{
		"no key ID":           {"", issuerID, good, "key ID is empty"},
		"key ID as path":      {"../x", issuerID, good, badKeyID},
		"issuer as key ID":    {issuerID, keyID, good, badKeyID},
		"key ID too long":     {strings.Repeat("A", 33), issuerID, good, "at most 32"},
		"key ID with newline": {keyID + "\n", issuerID, good, badKeyID},
		"issuer with space":   {keyID, issuerID + " ", good, badIssuer},
		"no signer":           {keyID, issuerID, nil, "no Signer"},
		"typed nil":           {keyID, issuerID, (*ecdsa.PrivateKey)(nil), "no Signer"},
		"another typed nil":   {keyID, issuerID, (*remoteSigner)(nil), "no Signer"},
		"empty private key":   {keyID, issuerID, &ecdsa.PrivateKey{}, "another curve"},
		"P-384":               {keyID, issuerID, p384, "P-256"},
		"RSA":                 {keyID, issuerID, rsaKey, "RSA"},
		"Ed25519":             {keyID, issuerID, edKey, "another kind"},
	} {
		t.Run(name, func(t *testing.T) {
			source, err := auth.NewTokenSource(auth.Key{ID: test.id, IssuerID: test.issuerID, Signer: test.signer})
			checkRefused(t, source, err, test.want)
			if !errors.Is(err, auth.ErrInvalidKey) {
				t.Errorf("%v does not match ErrInvalidKey", err)
			}
		})
	}
}

func TestNewTokenSourceRefusesAnOption(t *testing.T) {
	key := auth.Key{ID: keyID, IssuerID: issuerID, Signer: newPrivateKey(t, elliptic.P256())}
	const bounds = "from 3 to 20 minutes"
	for name, test := range map[string]struct {
		option auth.Option
		want   string // part of the text
	}{
		"nil":            {nil, "nil Option"},
		"zero lifetime":  {auth.WithLifetime(0), bounds},
		"short lifetime": {auth.WithLifetime(3*time.Minute - 1), bounds},
		"long lifetime":  {auth.WithLifetime(20*time.Minute + time.Second), bounds},
		"no scope":       {auth.WithScope(), "at least one"},
		"POST scope":     {auth.WithScope("GET /v1/apps", "POST /v1/apps"), "GET /v1/"},
		"bare scope":     {auth.WithScope("GET /v1/"), "GET /v1/"},
		"spaced scope":   {auth.WithScope("GET /v1/apps GET /v1/builds"), "space"},
	} {
		t.Run(name, func(t *testing.T) {
			source, err := auth.NewTokenSource(key, test.option)
			checkRefused(t, source, err, test.want)
		})
	}
}

func checkRefused(t *testing.T, source *auth.TokenSource, err error, want string) {
	t.Helper()
	if source != nil {
		t.Error("a source came out")
	}
	if err == nil {
		t.Fatal("got no error")
	}
	if got := err.Error(); !strings.HasPrefix(got, "auth: ") || !strings.Contains(got, want) {
		t.Errorf(`got %q, want "auth: " first and %q in it`, got, want)
	}
}

// TestZeroSource: it has no key, and its error says how to get one.
func TestZeroSource(t *testing.T) {
	source := &auth.TokenSource{}
	source.Refused("", time.Now())
	token, err := source.Token(t.Context())
	if token != "" || err == nil || !strings.Contains(err.Error(), "NewTokenSource") {
		t.Errorf("got token %q, %v, want an error that names NewTokenSource", token, err)
	}
	_ = fmt.Sprint(source)
}
