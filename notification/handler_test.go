package notification_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ascmarketplace/webhooks/notification"
)

const (
	oldSecret = "the old secret"
	newSecret = "the new secret"
)

type handleFunc = func(context.Context, *notification.Notification) error

// newHandler knows both secrets and logs nothing, unless opts say otherwise.
func newHandler(t testing.TB, handle handleFunc, opts ...notification.Option) *notification.Handler {
	t.Helper()
	quiet := notification.WithLogger(slog.New(slog.DiscardHandler))
	opts = append([]notification.Option{quiet}, opts...)
	h, err := notification.NewHandler(newVerifier(t, newSecret, oldSecret), handle, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// deliver posts a body, signed with a secret, and returns the status of the response.
func deliver(t testing.TB, client *http.Client, url, secret string, body []byte) int {
	t.Helper()
	status, _ := send(t, client, signed(t, url, secret, body))
	return status
}

func signed(t testing.TB, url, secret string, body []byte) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set(notification.SignatureHeader, notification.Sign([]byte(secret), body))
	r.Header.Set("Content-Type", "application/json")
	return r
}

func send(t testing.TB, client *http.Client, r *http.Request) (status int, header http.Header) {
	t.Helper()
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header
}

// TestReceiver walks through what may arrive and what it must come to.
func TestReceiver(t *testing.T) {
	good := fixtures(t)["app_unavailable.json"]
	signature := notification.Sign([]byte(newSecret), good)
	withNewline := slices.Concat(good, []byte("\n"))
	header := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header[http.CanonicalHeaderKey(name)] = values }
	}
	body := func(body string) func(*http.Request) {
		return func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
			r.Header.Set(notification.SignatureHeader, notification.Sign([]byte(newSecret), []byte(body)))
		}
	}
	sized := func(n int) string { return string(good) + strings.Repeat(" ", n-len(good)) }
	withID := func(id string) string { return fmt.Sprintf(`{"data":{"type":"AppMoved","id":"%s"}}`, id) }
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(good); err != nil || z.Close() != nil {
		t.Fatal(err)
	}

	for _, test := range []struct {
		name    string
		change  func(*http.Request)
		status  int
		handled int64
	}{
		{"as it should be", func(*http.Request) {}, 200, 1},
		{"GET", func(r *http.Request) { r.Method = http.MethodGet }, 405, 0},
		{"HEAD", func(r *http.Request) { r.Method = http.MethodHead }, 405, 0},
		{"PUT", func(r *http.Request) { r.Method = http.MethodPut }, 405, 0},
		{"no signature", header(notification.SignatureHeader), 401, 0},
		{"empty signature", header(notification.SignatureHeader, ""), 401, 0},
		{"wrong prefix", header(notification.SignatureHeader, "sha256="+signature[11:]), 401, 0},
		{"wrong algorithm", header(notification.SignatureHeader, "hmacsha1="+signature[11:51]), 401, 0},
		{"odd length", header(notification.SignatureHeader, signature[:len(signature)-1]), 401, 0},
		{"truncated", header(notification.SignatureHeader, signature[:len(signature)-2]), 401, 0},
		{"two headers", header(notification.SignatureHeader, signature, signature), 401, 0},
		{"upper-case hex", header(notification.SignatureHeader, signature[:11]+strings.ToUpper(signature[11:])), 200, 1},
		{"another secret's", header(notification.SignatureHeader, notification.Sign([]byte("x"), good)), 401, 0},
		{"the old secret's", header(notification.SignatureHeader, notification.Sign([]byte(oldSecret), good)), 200, 1},
		{"body altered", header(notification.SignatureHeader, notification.Sign([]byte(newSecret), good[1:])), 401, 0},
		{"newline added", header(notification.SignatureHeader, notification.Sign([]byte(newSecret), withNewline)), 401, 0},
		{"at the cap", body(sized(64 << 10)), 200, 1},
		{"declared over the cap", body(sized(64<<10 + 1)), 413, 0},
		{"actually over the cap", func(r *http.Request) { body(sized(64<<10 + 1))(r); r.ContentLength = -1 }, 413, 0},
		{"of undeclared size", func(r *http.Request) { r.ContentLength = -1 }, 200, 1},
		{"compressed", func(r *http.Request) { body(zipped.String())(r); r.Header.Set("Content-Encoding", "gzip") }, 415, 0},
		{"called compressed", header("Content-Encoding", "br"), 415, 0},
		{"compressed after identity", header("Content-Encoding", "identity, gzip"), 415, 0},
		{"content encoding identity", header("Content-Encoding", "identity"), 200, 1},
		{"content encoding identity twice", header("Content-Encoding", "Identity", "identity, "), 200, 1},
		{"content encoding identity and white space", header("Content-Encoding", "identity ,	identity, , identity"), 200, 1},
		{"empty content encoding", header("Content-Encoding", ""), 200, 1},
		{"wrong content type", header("Content-Type", "text/plain"), 200, 1},
		{"no content type", header("Content-Type"), 200, 1},
		{"not JSON", body("hello"), 500, 0},
		{"no body", body(""), 500, 0},
		{"trailing data", body(string(good) + "{}"), 500, 0},
		{"no type", body(`{"data":{"id":"1"}}`), 500, 0},
		{"no id", body(`{"data":{"type":"AppUnavailable"}}`), 500, 0},
		{"an id that is too long", body(withID(strings.Repeat("1", 513))), 500, 0},
		{"the longest id", body(withID(strings.Repeat("1", 512))), 200, 1},
		{"an id that is not UTF-8", body(withID("a\xff")), 500, 0},
		{"an id with half a surrogate pair", body(withID(`a\ud800`)), 500, 0},
		{"an id with a NUL character", body(withID(`a\u0000`)), 500, 0},
		{"an id of two lines", body(withID(`a\nb`)), 500, 0},
		{"an id with a space", body(withID(`a b`)), 200, 1},
		{"unknown type", body(`{"data":{"type":"AppMoved","id":"1"}}`), 200, 1},
		{"unknown version", body(strings.Replace(string(good), `"version": 1`, `"version": 9`, 1)), 200, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			var handled atomic.Int64
			server := httptest.NewServer(newHandler(t, func(context.Context, *notification.Notification) error {
				handled.Add(1)
				return nil
			}))
			defer server.Close()
			r := signed(t, server.URL, newSecret, good)
			test.change(r)
			status, header := send(t, server.Client(), r)
			if status != test.status || handled.Load() != test.handled {
				t.Errorf("got %d, handled %d; want %d, %d", status, handled.Load(), test.status, test.handled)
			}
			if allow := header.Get("Allow"); (allow == "POST") != (test.status == 405) {
				t.Errorf("Allow: %q", allow)
			}
		})
	}
}

// TestHandedOver checks what the function gets.
func TestHandedOver(t *testing.T) {
	var got *notification.Notification
	server := httptest.NewServer(newHandler(t, func(_ context.Context, n *notification.Notification) error {
		got = n
		return nil
	}))
	defer server.Close()
	for name, body := range fixtures(t) {
		if status := deliver(t, server.Client(), server.URL, oldSecret, body); status != 200 {
			t.Fatalf("%s: %d", name, status)
		}
		if got.SecretIndex != 1 || got.Event == nil || !bytes.Equal(got.Raw, body) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	unknown := []byte(`{"data":{"type":"AppMoved","id":"1","attributes":{"to":[1]}}}`)
	if status := deliver(t, server.Client(), server.URL, newSecret, unknown); status != 200 {
		t.Fatal(status)
	}
	if got.SecretIndex != 0 || got.Event != nil || got.Type != "AppMoved" || !bytes.Equal(got.Raw, unknown) {
		t.Errorf("unknown: got %+v", got)
	}
}

// takeAll takes everything.
func takeAll(context.Context, *notification.Notification) error { return nil }

func TestNewHandlerRefuses(t *testing.T) {
	v := newVerifier(t, "secret")
	for _, test := range []struct {
		name     string
		verifier *notification.Verifier
		handle   handleFunc
		opts     []notification.Option
	}{
		{"no verifier", nil, takeAll, nil},
		{"no function", v, nil, nil},
		{"size 0", v, takeAll, []notification.Option{notification.WithMaxBodySize(0)}},
		{"timeout 0", v, takeAll, []notification.Option{notification.WithTimeout(0)}},
		{"no deduplicator", v, takeAll, []notification.Option{notification.WithDeduplicator(nil)}},
		{"no hook", v, takeAll, []notification.Option{notification.WithMalformed(nil)}},
		{"no observer", v, takeAll, []notification.Option{notification.WithObserver(nil)}},
		{"no logger", v, takeAll, []notification.Option{notification.WithLogger(nil)}},
	} {
		h, err := notification.NewHandler(test.verifier, test.handle, test.opts...)
		if h != nil || err == nil || !strings.HasPrefix(err.Error(), "notification: ") {
			t.Errorf("%s: got %v, %v", test.name, h, err)
		}
	}
}
