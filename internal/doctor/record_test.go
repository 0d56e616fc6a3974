package doctor

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ascmarketplace/webhooks/internal/racetest"
)

// randomSecret is 8 to 64 characters of a kind that people use.
func randomSecret(random *mathrand.Rand) string {
	alphabets := []string{
		"abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789abcdef",
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", `!"#$%&'()*+,-./:;<=>?@[\]^_{|}~ abc`, "äöüß密钥🔑abc123 ",
	}
	alphabet := []rune(alphabets[random.IntN(len(alphabets))])
	secret := make([]rune, 8+random.IntN(57))
	for i := range secret {
		secret[i] = alphabet[random.IntN(len(alphabet))]
	}
	return string(secret)
}

func randomToken() string {
	part := func(n int) string {
		b := make([]byte, n)
		rand.Read(b)
		return base64.RawURLEncoding.EncodeToString(b)
	}
	return "eyJhbGciOiJFUzI1NiIs" + part(30) + "." + part(60) + "." + part(64)
}

type object = map[string]any

// spread puts the three where they might turn up.
func spread(secret, token, email string, fieldwise func(string) string) exchange {
	hosts := url.URL{Scheme: "https", Host: "canary-host.example", Path: "/" + secret, RawQuery: "key=" + url.QueryEscape(secret)}
	encode := func(v any) []byte {
		body, _ := json.Marshal(v)
		return body
	}
	event := string(encode(object{"data": object{"id": "event", "type": "webhookPingCreated", "attributes": object{"note": secret + email}}}))
	return exchange{
		method: "POST", path: "/v1/webhooks/" + url.PathEscape(secret),
		query: url.Values{"filter[name]": {secret}, email: {token}},
		body: encode(object{"data": object{"type": "webhooks", "attributes": object{"secret": secret, "name": email, "url": hosts.String()},
			"relationships": object{"app": object{"data": object{"type": "apps", "id": "6478123456"}}}}}),
		status: 409,
		header: http.Header{"X-Request-Id": {secret}, "Content-Type": {"application/json"}, "Set-Cookie": {token}, "Retry-After": {token}},
		response: encode(object{
			"data": []object{{"type": "webhooks", "id": "9d5a1ae2-3c0f-4b7e-9a51-2f8f3f1f7a01", "attributes": object{"name": "Canary Inc's app",
				"url": hosts.String(), "owner": email, "deep": []object{{"unknown": secret, secret: email}}, "payload": event}}},
			"errors": []object{{"code": "ENTITY_ERROR.ATTRIBUTE.INVALID", "status": "409", "title": token,
				"detail": fmt.Sprintf("The app 6478123456, Canary Inc's app of %s, was not found; %s", email, fieldwise(secret))},
				{"detail": "Call " + hosts.String(), "meta": object{"associatedErrors": object{"/v1/apps/6478123456/" + email: []object{}}}}},
		}),
	}
}

func written(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil || !json.Valid(content) || !strings.HasSuffix(file, ".json") {
			t.Fatalf("%s: %v, or not JSON", file, err)
		}
		all.Write(content)
	}
	return all.String()
}

// TestRecordHasNoSecret tries 5,100 secrets, tokens and emails, in 170 runs.
func TestRecordHasNoSecret(t *testing.T) {
	t.Parallel()
	random := mathrand.New(mathrand.NewPCG(1, 2))
	echoes := []func(string) string{
		func(s string) string { return s }, url.QueryEscape, url.PathEscape, html.EscapeString,
		func(s string) string { return hex.EncodeToString([]byte(s)) },
		func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s + s + s)) },
	}
	rounds := 170 // of ten each
	if racetest.Enabled {
		rounds = 20
	}
	for range rounds {
		r := newRedactor()
		var private []string
		var all []byte
		for i := range 10 {
			secret, token := randomSecret(random), randomToken()
			email := fmt.Sprintf("%s.%d@%s.example", strings.ToLower(rand.Text()[:6]), i, strings.ToLower(rand.Text()[:6]))
			r.know(token)
			content, err := json.MarshalIndent(r.exchange(spread(secret, token, email, echoes[random.IntN(len(echoes))])), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, content...)
			private = append(private, secret, token, email)
		}
		text := string(all)
		for _, value := range private {
			quoted, _ := json.Marshal(value)
			for _, form := range []string{value, string(quoted[1 : len(quoted)-1]), url.QueryEscape(value), html.EscapeString(value),
				hex.EncodeToString([]byte(value))} {
				if strings.Contains(text, form) {
					t.Fatalf("the record has %q", form)
				}
			}
		}
		for _, value := range []string{"Canary", "canary", "6478123456", "9d5a1ae2"} {
			if strings.Contains(text, value) {
				t.Fatalf("the record has %q:\n%.2000s", value, text)
			}
		}
	}
}

// A token that a response echoes, in whatever form, is none of a record.
func TestRecordKnowsTheToken(t *testing.T) {
	t.Parallel()
	record, err := NewRecord(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := &probing{Probe: Probe{Account: Account{Transport: http.NewFileTransport(http.Dir("."))}, Record: record}}
	request := httptest.NewRequest(http.MethodGet, "/none", nil)
	request.Header.Set("Authorization", "Bearer short")
	response, err := r.RoundTrip(request)
	if err != nil || !record.redact.echoes("a short text") {
		t.Errorf("it does not: %v", err)
	}
	_ = response.Body.Close()
}

// The client sees that a list is too large, and asks for smaller pages.
func TestProbePassesOnTooMuch(t *testing.T) {
	t.Parallel()
	much := fstest.MapFS{"much": {Data: make([]byte, 9<<20)}}
	r := &probing{Probe: Probe{Account: Account{Transport: http.NewFileTransportFS(much)}}}
	response, err := r.RoundTrip(httptest.NewRequest(http.MethodGet, "/much", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if body, err := io.ReadAll(response.Body); err != nil || len(body) != 8<<20+1 {
		t.Errorf("%d bytes, %v", len(body), err)
	}
}

// What a record is for is still in it.
func TestRecordKeepsTheRest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r, err := NewRecord(dir)
	if err != nil {
		t.Fatal(err)
	}
	r.know("a-secret-of-ours")
	for range 2 {
		r.add(exchange{method: "GET", path: "/v1/webhooks/9d5a1ae2-3c0f-4b7e-9a51-2f8f3f1f7a01/deliveries",
			query: url.Values{"filter[deliveryState]": {"FAILED"}}, status: 400,
			header: http.Header{"X-Request-Id": {"ABCDEFGHIJKLMNOPQRSTUVWXYZ.1"}, "Date": {"Sat, 28 Nov 2026 10:00:00 GMT"}},
			response: []byte(`{"errors":[{"id":"e1","status":"400","code":"PARAMETER_ERROR.ILLEGAL","title":"Not eyJhbGciOi.e30.c2ln",
				"detail":"The parameter 'filter[deliveryState]' of 9d5a1ae2-3c0f-4b7e-9a51-2f8f3f1f7a01 can not be used","source":{"parameter":"filter[deliveryState]"}}],
				"data":[{"type":"alternativeDistributionPackageVersionCreated","attributes":{"deliveryState":"FAILED","createdDate":"2026-11-28T10:00:00.123456Z",
				"response":{"httpStatusCode":503,"body":"<html>"},"redelivery":false,"eventTypes":["BACKGROUND_ASSET_VERSION_APP_STORE_RELEASE_STATE_UPDATED"]}}]}`)})
	}
	r.add(exchange{method: "GET", path: "/v1/apps/1/webhooks", status: 502, response: []byte("<html>a page</html>")})
	text := written(t, dir)
	for _, want := range []string{
		`"path": "/v1/webhooks/id-1/deliveries"`, `"filter[deliveryState]": "FAILED"`, `"X-Request-Id": "ABCDEFGHIJKLMNOPQRSTUVWXYZ.1"`,
		`"code": "PARAMETER_ERROR.ILLEGAL"`, `The parameter 'filter[deliveryState]' of id-1 can not be used`, `"parameter": "filter[deliveryState]"`,
		`"type": "alternativeDistributionPackageVersionCreated"`, `"deliveryState": "FAILED"`, `"createdDate": "2026-11-28T10:00:00.123456Z"`,
		`"httpStatusCode": 503`, `"body": "(6 bytes of text)"`, `"BACKGROUND_ASSET_VERSION_APP_STORE_RELEASE_STATE_UPDATED"`,
		`"body": "(19 bytes that are not JSON)"`, `"redelivery": false`, `"status": "400"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %s", want)
		}
	}
	if strings.Contains(text, "eyJ") {
		t.Error("it has a token that nobody knew")
	}
	if t.Failed() {
		t.Log(text)
	}
}

// A directory that holds something else is left alone.
func TestRecordIsNew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	kept := filepath.Join(dir, "kept.txt")
	if err := os.WriteFile(kept, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NewRecord(dir); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("a directory with a file: %v", err)
	}
	if _, err := NewRecord(kept); err == nil || strings.Contains(err.Error(), dir) {
		t.Errorf("a file: %v", err)
	}
	if _, err := NewRecord(filepath.Join(dir, "none", "below")); err == nil {
		t.Error("a folder in none")
	}
	if files, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(files) != 1 {
		t.Errorf("%q, %v", files, err)
	}
}

// A file that can't be written is said at the end.
func TestRecordIsNotComplete(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "record")
	r, err := NewRecord(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	r.add(exchange{method: "GET", path: "/v1/apps/1/webhooks"})
	if err := r.failed(); err == nil || !strings.Contains(err.Error(), "not complete") {
		t.Errorf("%v", err)
	}
}
