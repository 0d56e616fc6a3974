package asctest_test

import (
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/ascmarketplace/webhooks/asctest"
)

// newKey returns a team key that no other server accepts.
func newKey(t *testing.T) asctest.Key {
	t.Helper()
	h, err := asctest.New()
	if err != nil {
		t.Fatal(err)
	}
	return h.Key()
}

func TestTokenRules(t *testing.T) {
	t.Parallel()
	team := newKey(t)
	individual := newKey(t)
	individual.IssuerID = ""
	now := time.Now().Unix()
	tests := []struct {
		name   string
		key    asctest.Key
		change jwt.MapClaims // nil values remove a claim
		reason string        // empty: accepted
	}{
		{"team", team, nil, ""},
		{"individual", individual, nil, ""},
		{"backdated, 20 minutes", team, jwt.MapClaims{"iat": now - 60, "exp": now + 1140}, ""},
		{"clock 34 s ahead, 15 minutes", team, jwt.MapClaims{"iat": now + 34, "exp": now + 934}, ""},
		{"clock 34 s ahead, 20 minutes", team, jwt.MapClaims{"iat": now + 34, "exp": now + 1234}, "ahead of the server's clock"},
		{"clock 2 minutes ahead", team, jwt.MapClaims{"iat": now + 120, "exp": now + 600}, "iat is more than"},
		{"21 minutes", team, jwt.MapClaims{"iat": now - 120, "exp": now + 1140}, "after iat"},
		{"expired", team, jwt.MapClaims{"iat": now - 600, "exp": now - 1}, "expired"},
		{"ends before it starts", team, jwt.MapClaims{"iat": now + 30, "exp": now + 20}, "exp is not after iat"},
		{"no exp", team, jwt.MapClaims{"exp": nil}, "exp is not"},
		{"no iat", team, jwt.MapClaims{"iat": nil}, ""},
		{"no iat, 21 minutes", team, jwt.MapClaims{"iat": nil, "exp": now + 1260}, "after iat"},
		{"times with a fraction", team, jwt.MapClaims{"iat": float64(now) - 0.5, "exp": float64(now) + 60.5}, ""},
		{"iat as a string", team, jwt.MapClaims{"iat": "now"}, "iat is not"},
		{"no aud", team, jwt.MapClaims{"aud": nil}, "aud"},
		{"aud as an array", team, jwt.MapClaims{"aud": []string{"appstoreconnect-v1"}}, ""},
		{"aud as an array of two", team, jwt.MapClaims{"aud": []string{"appstoreconnect-v1", "x"}}, "aud"},
		{"wrong aud", team, jwt.MapClaims{"aud": "appstoreconnect-v2"}, "aud"},
		{"wrong iss", team, jwt.MapClaims{"iss": individual.ID}, "iss"},
		{"no iss", team, jwt.MapClaims{"iss": nil, "sub": "user"}, "iss"},
		{"individual with iss", individual, jwt.MapClaims{"iss": team.IssuerID}, "iss"},
		{"individual without sub", individual, jwt.MapClaims{"sub": nil}, "sub"},
		{"scope", team, jwt.MapClaims{"scope": []string{"GET /v1/apps", "GET /v1/marketplaceWebhooks?limit=3"}}, ""},
		{"scope of another path", team, jwt.MapClaims{"scope": []string{"GET /v1/apps"}}, "scope does not"},
		{"scope with another query", team, jwt.MapClaims{"scope": []string{"GET /v1/marketplaceWebhooks?x=1"}}, "scope does not"},
		{"scope of nothing", team, jwt.MapClaims{"scope": []string{}}, "scope does not"},
		{"scope as a string", team, jwt.MapClaims{"scope": "GET /v1/marketplaceWebhooks"}, "scope is not"},
		{"scope of a POST", team, jwt.MapClaims{"scope": []string{"POST /v1/marketplaceWebhooks"}}, "scope does not"},
		{"unknown key", newKey(t), nil, "kid"},
		{"another key's ID", asctest.Key{ID: team.ID, IssuerID: team.IssuerID, Signer: individual.Signer}, nil, "signature"},
	}
	c := newCaller(t, team, individual)
	for _, test := range tests {
		content := claims(test.key)
		for name, value := range test.change {
			if content[name] = value; value == nil {
				delete(content, name)
			}
		}
		c.tryToken(test.name, sign(t, test.key, content), test.reason)
	}
}

// tryToken lists with a token and checks whether it was refused, and why.
func (c *caller) tryToken(name, token, reason string) {
	c.t.Helper()
	r := c.request("GET", collection+"?limit=5", "")
	r.Header.Set("Authorization", "Bearer "+token)
	got := c.send(r)
	requests := c.server.Exchanges()
	last := requests[len(requests)-1]
	switch {
	case reason == "" && got.StatusCode != http.StatusOK:
		c.t.Errorf("%s: refused: %s", name, last.Reason)
	case reason != "" && (got.StatusCode != http.StatusUnauthorized || got.json.Errors[0].Code != "NOT_AUTHORIZED"):
		c.t.Errorf("%s: %d %s", name, got.StatusCode, got.body)
	case !strings.Contains(last.Reason, reason):
		c.t.Errorf("%s: reason %q, want %q", name, last.Reason, reason)
	}
	if strings.Contains(got.body+last.Reason, token) && token != "" {
		c.t.Errorf("%s: the token is quoted", name)
	}
}

func TestTokenForms(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	key := c.server.Key()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	form := func(method jwt.SigningMethod, signer any, header map[string]any) string {
		token := jwt.NewWithClaims(method, claims(key))
		token.Header["kid"] = key.ID
		for name, value := range header {
			token.Header[name] = value
		}
		signed, err := token.SignedString(signer)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	good := sign(t, key, claims(key))
	c.tryToken("good", good, "")
	c.tryToken("none", "", "no header")
	c.tryToken("garbage", "a.b.c", "malformed")
	c.tryToken("one part", "one-part", "malformed") // not hex: an error has a random id
	c.tryToken("altered", good[:len(good)-10]+strings.Repeat("A", 10), "signature")
	c.tryToken("HS256", form(jwt.SigningMethodHS256, []byte("secret"), nil), "signing method")
	c.tryToken("RS256", form(jwt.SigningMethodRS256, rsaKey, nil), "signing method")
	c.tryToken("alg none", form(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil), "signing method")
	c.tryToken("typ", form(jwt.SigningMethodES256, key.Signer, map[string]any{"typ": "JWS"}), "typ")
	c.tryToken("kid as a number", form(jwt.SigningMethodES256, key.Signer, map[string]any{"kid": 7}), "kid")
}

func TestScopeRefusesWrites(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	content := claims(c.server.Key())
	content["scope"] = []string{"GET /v1/marketplaceWebhooks"}
	r := c.request("POST", collection, createBody)
	r.Header.Set("Authorization", "Bearer "+sign(t, c.server.Key(), content))
	if got := c.send(r); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("got %d", got.StatusCode)
	}
}

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	old, fresh := newKey(t), newKey(t)
	c := newCaller(t, old, fresh)
	c.tryToken("old", sign(t, old, claims(old)), "")
	c.tryToken("new", sign(t, fresh, claims(fresh)), "")
	_ = c.server.Update(func(s *asctest.State) { s.Keys = []asctest.Key{fresh} })
	c.tryToken("old, revoked", sign(t, old, claims(old)), "kid")
	c.tryToken("new", sign(t, fresh, claims(fresh)), "")
	if requests := c.server.Exchanges(); requests[1].KeyID != fresh.ID || requests[2].KeyID != "" {
		t.Errorf("recorded keys %q, %q", requests[1].KeyID, requests[2].KeyID)
	}
}

func TestSkewMovesTheServersClock(t *testing.T) {
	t.Parallel()
	c := newCaller(t, asctest.Settings{Skew: -5 * time.Minute})
	got := c.call("GET", collection, "")
	date, err := time.Parse(time.RFC1123, got.Header.Get("Date"))
	if behind := time.Since(date); got.StatusCode != http.StatusUnauthorized || err != nil || behind < 4*time.Minute ||
		behind > 6*time.Minute {
		t.Errorf("status %d, clock behind by %v, %v", got.StatusCode, behind, err)
	}
}

// TestStrictTokens: as Apple documents them, and no other.
func TestStrictTokens(t *testing.T) {
	t.Parallel()
	key, now := newKey(t), time.Now().Unix()
	c := newCaller(t, key, asctest.Settings{StrictTokens: true})
	for name, test := range map[string]struct {
		change jwt.MapClaims
		reason string
	}{
		"as documented":       {nil, ""},
		"no iat":              {jwt.MapClaims{"iat": nil}, "iat is not"},
		"iat with a fraction": {jwt.MapClaims{"iat": float64(now) - 0.5}, "iat is not a whole number"},
		"aud as an array":     {jwt.MapClaims{"aud": []string{"appstoreconnect-v1"}}, "aud"},
	} {
		content := claims(key)
		for name, value := range test.change {
			if content[name] = value; value == nil {
				delete(content, name)
			}
		}
		c.tryToken(name, sign(t, key, content), test.reason)
	}
}

// TestGolangJWTDefaults: what that library makes of RegisteredClaims, with aud
// as an array, is accepted.
func TestGolangJWTDefaults(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	c := newCaller(t, key)
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.RegisteredClaims{
		Issuer: key.IssuerID, Audience: jwt.ClaimStrings{"appstoreconnect-v1"},
		ExpiresAt: jwt.NewNumericDate(time.Now().Add(10 * time.Minute)),
	})
	token.Header["kid"] = key.ID
	signed, err := token.SignedString(key.Signer)
	if err != nil {
		t.Fatal(err)
	}
	c.tryToken("golang-jwt", signed, "")
}
