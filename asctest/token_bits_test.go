package asctest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// TestTheLastBitsOfASignatureCount: base64 has bits to spare at its end.
func TestTheLastBitsOfASignatureCount(t *testing.T) {
	t.Parallel()
	h := quiet(t)
	good := tokenOf(t, h.Key())
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(digits, good[len(good)-1])
	altered := good[:len(good)-1] + digits[last+1:last+2] // the last four bits are zero
	for token, want := range map[string]int{good: 200, altered: 401} {
		r := httptest.NewRequest(http.MethodGet, collectionPath, nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != want {
			t.Errorf("status %d, want %d", w.Code, want)
		}
	}
}

// TestScopeIgnoresPaging: limit, cursor and sort are not compared, other parameters are.
func TestScopeIgnoresPaging(t *testing.T) {
	t.Parallel()
	scope := jwt.MapClaims{"scope": []any{"GET /v1/webhooks/1/deliveries?include=event&sort=x"}}
	for query, want := range map[string]bool{
		"include=event": true, "include=event&limit=3": true, "include=event&cursor=a": true, "include=event&sort=b": true,
		"": false, "include=event&fields[webhookEvents]=ping": false,
	} {
		r := httptest.NewRequest(http.MethodGet, "/v1/webhooks/1/deliveries?"+query, nil)
		if err := checkScope(scope, r); (err == nil) != want {
			t.Errorf("%q: %v", query, err)
		}
	}
}
