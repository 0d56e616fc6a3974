package asctest

// Promises that only an adversary would miss.

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// quiet returns a handler that fails t when it breaks the contract.
func quiet(t *testing.T, opts ...Option) *Handler {
	t.Helper()
	h, err := New(append(opts, Settings{Logger: slog.New(slog.DiscardHandler)})...)
	if err != nil {
		t.Fatal(err)
	}
	h.onViolation = func(err error) { t.Error(err) }
	return h
}

func TestARequestWithoutABody(t *testing.T) {
	t.Parallel()
	h := quiet(t)
	for method, want := range map[string]int{http.MethodGet: 200, http.MethodPost: 400} {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://localhost"+collectionPath, nil)
		if err != nil || r.Body != nil {
			t.Fatalf("body %v, %v", r.Body, err)
		}
		r.Header.Set("Authorization", "Bearer "+tokenOf(t, h.Key()))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != want {
			t.Errorf("%s: status %d, want %d", method, w.Code, want)
		}
	}
}

// TestSecretsThatAreCommonWords stand in responses anyway.
func TestSecretsThatAreCommonWords(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{
		"marketplaceWebhooks", "marketplace", "endpointUrl", "application/json", "attributes", "localhost",
		"user-hour-lim", "example.com", "conflicts with a rule", "already.",
	} {
		h := quiet(t)
		body := strings.Replace(sentCreate, "canary-5ecret", secret, 1)
		for _, want := range []int{http.StatusCreated, http.StatusConflict} {
			r := httptest.NewRequest(http.MethodPost, collectionPath, strings.NewReader(body))
			r.Host = "localhost"
			r.Header.Set("Authorization", "Bearer "+tokenOf(t, h.Key()))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code != want {
				t.Errorf("%q: status %d, want %d: %s", secret, w.Code, want, w.Body)
			}
		}
	}
}

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

// TestTransportKnowsABodyBySize: a sender need not read on to the end of what has a length.
func TestTransportKnowsABodyBySize(t *testing.T) {
	t.Parallel()
	seen := &failures{TB: t}
	client := &http.Client{Transport: Transport(seen, roundTripper(func(r *http.Request) (*http.Response, error) {
		_, err := io.ReadFull(r.Body, make([]byte, r.ContentLength))
		return &http.Response{StatusCode: http.StatusBadGateway, Body: http.NoBody, Header: http.Header{faultHeader: {"x"}}}, err
	}))}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost"+collectionPath, bytes.NewReader([]byte("{}")))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer x")
	r.Header.Set("Content-Type", "application/json")
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if seen.count != 1 {
		t.Errorf("%d violations were reported, want 1", seen.count)
	}
}

// TestTransportLeavesDownloadsAlone: they are no operation of the document.
func TestTransportLeavesDownloadsAlone(t *testing.T) {
	t.Parallel()
	version := PackageVersion{PackageFile: PackageFile{Content: []byte("package")}}
	server := NewServer(t, version)
	client := &http.Client{Transport: Transport(t, server.Client().Transport), Timeout: time.Minute}
	response, err := client.Get(server.URL + downloadPath + "unknown")
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode < 400 {
		t.Errorf("status %d", response.StatusCode)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// failures is a TB that counts failures instead of failing.
type failures struct {
	testing.TB
	count int
}

func (f *failures) Errorf(string, ...any) { f.count++ }
