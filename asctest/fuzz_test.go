package asctest

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzHandler sends arbitrary requests with a good token: the fake must not
// panic, and must not catch itself lying in either direction.
func FuzzHandler(f *testing.F) {
	f.Add("POST", collectionPath, "", "application/json", "", []byte(sentCreate))
	f.Add("POST", collectionPath, "", "application/json;x", "text/html", []byte(`{"data":[]}`))
	f.Add("GET", collectionPath, "limit=+5&fields[marketplaceWebhooks]=endpointUrl,", "", "*/*;q=0", []byte(nil))
	f.Add("PATCH", collectionPath+"/7", "", "application/json", "", []byte(`{"data":{"type":"marketplaceWebhooks","id":"7","attributes":{"endpointUrl":"a:b","secret":null}}}`))
	f.Add("DELETE", collectionPath+"/%2e", "", "", "", []byte("x"))
	f.Add("HEAD", "/v1", "%", "", "", []byte(nil))
	f.Add("PATCH", collectionPath+"/7", "", "application/json", "", []byte("{\"data\":{\"type\":\"marketplaceWebhooks\",\"id\":\"7\",\"attributes\":{\"endpointUrl\":\"http://\x00\"}}}"))
	h, err := New(Settings{Logger: slog.New(slog.DiscardHandler), RateLimit: 1 << 30})
	if err != nil {
		f.Fatal(err)
	}
	key := h.Key()
	f.Fuzz(func(t *testing.T, method, path, query, contentType, accept string, body []byte) {
		target, err := url.Parse("http://localhost" + path)
		if err != nil || !strings.HasPrefix(path, "/") {
			t.Skip()
		}
		target.RawQuery = query
		h, err := New(key, Settings{Logger: slog.New(slog.DiscardHandler)}, MarketplaceWebhook{ID: "7", EndpointURL: "https://e.com", Secret: "canary-5ecret"})
		if err != nil {
			t.Fatal(err)
		}
		if method == http.MethodPost {
			_ = h.Update(func(s *State) { s.MarketplaceWebhook = nil })
		}
		h.onViolation = func(lie error) { t.Error(lie) }
		r := httptest.NewRequest(http.MethodGet, "/", strings.NewReader(string(body)))
		r.Method, r.URL = method, target
		r.Header = http.Header{"Content-Type": {contentType}, "Accept": {accept}, "Authorization": {"Bearer " + tokenOf(t, key)}}
		h.ServeHTTP(httptest.NewRecorder(), r)
	})
}

// FuzzToken sends arbitrary Authorization headers: none may be taken for good.
func FuzzToken(f *testing.F) {
	h, err := New(Settings{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", "Bearer", "Bearer a.b.c", "bearer eyJhbGciOiJub25lIn0.e30.", "Bearer eyJhbGciOiJFUzI1NiJ9.e30.AAAA"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, authorization string) {
		h.onViolation = func(lie error) { t.Error(lie) }
		r := httptest.NewRequest(http.MethodGet, collectionPath, nil)
		r.Header.Set("Authorization", authorization)
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != http.StatusUnauthorized {
			t.Errorf("responded %d", w.Code)
		}
	})
}
