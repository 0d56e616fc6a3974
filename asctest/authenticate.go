package asctest

// Who calls: tokens, verified as App Store Connect does, as far as that is known, and keys of download URLs.

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/ascmarketplace/webhooks/internal/contract"
)

const (
	audience    = "appstoreconnect-v1"
	maxLifetime = 20 * time.Minute // documented by Apple
	iatLeeway   = time.Minute      // assumed; a client 34 s ahead was let in, seen live
)

// authenticate refuses a call without a good token.
func (h *Handler) authenticate(c *call) *response {
	if c.operation == Download {
		return h.authenticateDownload(c)
	}
	keyID, err := h.verifyToken(c)
	if err != nil {
		const detail = "Send a bearer token that is signed with an API key and has not expired."
		r := refuse(newError(http.StatusUnauthorized, "", detail))
		r.reason = "token: " + err.Error()
		return &r
	}
	c.keyID = keyID
	return nil
}

// verifyToken returns the ID of the key that signed the request's token. The error says what is wrong with it and
// never quotes it.
func (h *Handler) verifyToken(c *call) (keyID string, err error) {
	raw := contract.Bearer(c.request.Header)
	if raw == "" {
		return "", errors.New("no header Authorization with one bearer token")
	}
	keys := h.keys()
	var key Key
	claims := jwt.MapClaims{}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{"ES256"}), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation())
	token, err := parser.ParseWithClaims(raw, claims, func(token *jwt.Token) (any, error) {
		i := slices.IndexFunc(keys, func(k Key) bool { return k.ID == token.Header["kid"] })
		if i < 0 {
			return nil, jwt.ErrTokenUnverifiable
		}
		key = keys[i]
		return key.public()
	})
	switch {
	case errors.Is(err, jwt.ErrTokenUnverifiable):
		return "", errors.New("kid names no accepted key")
	case err != nil:
		return "", err
	case token.Header["typ"] != "JWT":
		return "", errors.New("typ is not JWT")
	}
	return key.ID, cmp.Or(c.settings.checkIdentity(claims, key.IssuerID), c.settings.checkTimes(claims, c.now),
		checkScope(claims, c.request))
}

// checkIdentity compares iss, sub and aud with the key's kind.
func (s *Settings) checkIdentity(claims jwt.MapClaims, issuerID string) error {
	_, hasIssuer := claims["iss"]
	audiences, _ := claims.GetAudience()
	_, isArray := claims["aud"].([]any)
	switch {
	case len(audiences) != 1 || audiences[0] != audience || isArray && s.StrictTokens:
		return fmt.Errorf("aud is not the string %q", audience)
	case issuerID != "" && claims["iss"] != issuerID:
		return errors.New("iss is not the team key's issuer ID")
	case issuerID == "" && hasIssuer:
		return errors.New("iss is set for an individual key")
	case issuerID == "" && claims["sub"] != "user":
		return errors.New(`sub of an individual key is not "user"`)
	}
	return nil
}

func (s *Settings) checkTimes(claims jwt.MapClaims, now time.Time) error {
	iat, iatErr := s.seconds(claims, "iat")
	if _, given := claims["iat"]; !given && !s.StrictTokens {
		iat, iatErr = now, nil // seems to be taken as issued now: clients in use send none
	}
	exp, expErr := s.seconds(claims, "exp")
	switch {
	case iatErr != nil || expErr != nil:
		return cmp.Or(iatErr, expErr)
	case exp.Sub(iat) > maxLifetime:
		return fmt.Errorf("exp is more than %v after iat", maxLifetime)
	case exp.Sub(now) > maxLifetime:
		return fmt.Errorf("exp is more than %v ahead of the server's clock", maxLifetime)
	case !exp.After(now):
		return errors.New("expired")
	case !exp.After(iat):
		return errors.New("exp is not after iat")
	case iat.Sub(now) > iatLeeway:
		return fmt.Errorf("iat is more than %v ahead of the server's clock", iatLeeway)
	}
	return nil
}

func (s *Settings) seconds(claims jwt.MapClaims, name string) (time.Time, error) {
	seconds, isNumber := claims[name].(float64)
	switch {
	case !isNumber || seconds < 0 || seconds > 1<<40:
		return time.Time{}, fmt.Errorf("%s is not a number of seconds", name)
	case s.StrictTokens && seconds != math.Trunc(seconds):
		return time.Time{}, fmt.Errorf("%s is not a whole number of seconds", name)
	}
	return time.UnixMilli(int64(seconds * 1000)), nil
}

// checkScope lets a token with a scope do only the GETs that it lists.
func checkScope(claims jwt.MapClaims, r *http.Request) error {
	scope, given := claims["scope"]
	entries, isArray := scope.([]any)
	if given && !isArray {
		return errors.New("scope is not an array")
	}
	for _, entry := range entries {
		method, target, _ := strings.Cut(fmt.Sprint(entry), " ")
		scoped, err := url.Parse(target)
		if err == nil && method == http.MethodGet && r.Method == method &&
			scoped.Path == r.URL.Path && scopedQuery(scoped) == scopedQuery(r.URL) {
			return nil
		}
	}
	if given {
		return errors.New("scope does not cover the request")
	}
	return nil
}

// scopedQuery is the part of the query that a scope is matched with.
func scopedQuery(u *url.URL) string {
	query := u.Query()
	for _, ignored := range []string{"limit", "cursor", "sort"} {
		query.Del(ignored)
	}
	return query.Encode()
}
