package wrapper_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// canaries returns a token and a secret that occur nowhere else. The secret
// needs escaping in every encoding.
func canaries() (token, secret string) {
	return "token." + rand.Text() + ".signature", `"se<cr>et& ` + rand.Text() + `/+\`
}

// sweep fails the test if any printing of values shows a canary.
func sweep(t *testing.T, token, secret string, values ...any) {
	t.Helper()
	var out bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&out, nil))
	for _, value := range values {
		fmt.Fprintf(&out, "%v %+v %#v %s %q\n", value, value, value, value, value)
		logger.Error("failed", "value", value)
		if encoded, err := json.Marshal(value); err == nil {
			out.Write(encoded)
		}
	}
	quoted, _ := json.Marshal(secret)
	for _, canary := range []string{
		token, secret, string(quoted[1 : len(quoted)-1]), html.EscapeString(secret), url.QueryEscape(secret),
		strings.Fields(secret)[1],
	} {
		if strings.Contains(out.String(), canary) {
			i := strings.Index(out.String(), canary)
			t.Fatalf("a canary is in the output: ...%.200q", out.String()[max(0, i-100):])
		}
	}
}

// TestNoErrorShowsACanary: whatever an response echoes of the request, in
// whatever encoding, no error shows the token or the secret.
func TestNoErrorShowsACanary(t *testing.T) {
	token, secret := canaries()
	echoes := map[string]func(w http.ResponseWriter, r *http.Request, body []byte, secret string){
		"HTML": func(w http.ResponseWriter, r *http.Request, body []byte, secret string) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusBadGateway)
			fmt.Fprintf(w, "<pre>%s\n%s\n%s</pre>",
				html.EscapeString(r.Header.Get("Authorization")), html.EscapeString(secret), body)
		},
		"plain": func(w http.ResponseWriter, r *http.Request, _ []byte, secret string) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, "%s %s %s", r.Header.Get("Authorization"), secret, url.QueryEscape(secret))
		},
		"JSON error": func(w http.ResponseWriter, _ *http.Request, body []byte, secret string) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("X-Request-Id", "id")
			w.WriteHeader(http.StatusConflict)
			object := map[string]any{
				"id": token, "status": "409", "code": "ENTITY_ERROR",
				"title": "bad " + secret, "detail": "value " + secret + " and " + string(body),
				"source": map[string]any{"pointer": secret, "parameter": token},
				"links":  map[string]any{"see": "https://example.com/" + token, "about": token},
			}
			meta := map[string]any{"associatedErrors": map[string]any{secret: []any{object}}}
			_ = json.NewEncoder(w).Encode(map[string]any{"errors": []any{object, map[string]any{"meta": meta}}})
		},
		"wrong type": func(w http.ResponseWriter, _ *http.Request, _ []byte, secret string) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusCreated)
			_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"type": secret, "id": token}})
		},
		"redirect": func(w http.ResponseWriter, _ *http.Request, _ []byte, secret string) {
			w.Header().Set("Location", "https://example.com/?"+url.QueryEscape(secret)+token)
			w.WriteHeader(http.StatusTemporaryRedirect)
		},
		"unauthorized": func(w http.ResponseWriter, r *http.Request, _ []byte, _ string) {
			http.Error(w, "no good: "+r.Header.Get("Authorization"), http.StatusUnauthorized)
		},
		"cut": func(w http.ResponseWriter, _ *http.Request, body []byte, _ string) {
			w.Header().Set("Content-Length", "10000")
			_, _ = w.Write(body)
			panic(http.ErrAbortHandler)
		},
	}
	for name, echo := range echoes {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				if len(body) == 0 {
					echo(w, r, body, "") // it can't echo what it was not sent
				} else {
					echo(w, r, body, secret)
				}
			}))
			defer server.Close()
			var log bytes.Buffer
			client := newClient(t, fixedToken(token), wrapper.WithBaseURL(server.URL), quick,
				wrapper.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
			_, createErr := client.MarketplaceWebhooks.Create(t.Context(), params(endpointURL, secret))
			_, updateErr := client.MarketplaceWebhooks.Update(t.Context(), "id", params("", secret))
			_, ensureErr := client.MarketplaceWebhooks.Ensure(t.Context(), params(endpointURL, secret))
			if createErr == nil || updateErr == nil || ensureErr == nil || log.Len() == 0 {
				t.Fatalf("create %v, update %v, ensure %v", createErr, updateErr, ensureErr)
			}
			values := []any{log.String(), client.MarketplaceWebhooks}
			for _, err := range []error{createErr, updateErr, ensureErr} {
				values = append(values, err)
				values = append(values, tree(err)...)
			}
			sweep(t, token, secret, values...)
		})
	}
}

// tree is err and all that it wraps.
func tree(err error) []any {
	errs := []any{err}
	switch wrapped := err.(type) { //nolint:errorlint // every error of the tree is wanted, not the first
	case interface{ Unwrap() error }:
		if inner := wrapped.Unwrap(); inner != nil {
			errs = append(errs, tree(inner)...)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range wrapped.Unwrap() {
			errs = append(errs, tree(inner)...)
		}
	}
	return errs
}

// TestLogLines pins what is logged: these keys and no others.
func TestLogLines(t *testing.T) {
	server := asctest.NewServer(t)
	var log bytes.Buffer
	handler := slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})
	client := connect(t, server, quick, wrapper.WithLogger(slog.New(handler)))
	server.FailNext(asctest.Fault{Status: 503, Header: http.Header{"X-Request-Id": {"request\n1"}}})
	id := prepare(server, asctest.MarketplaceWebhooksDelete)
	if err := client.MarketplaceWebhooks.Delete(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(log.String()) {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		if _, ok := record["duration"].(float64); !ok {
			t.Errorf("no duration: %s", line)
		}
		delete(record, "duration")
		delete(record, "time")
		left, _ := json.Marshal(record)
		got = append(got, string(left))
	}
	const operation = `"operation":"marketplaceWebhooks_deleteInstance"`
	const route = `"route":"DELETE /v1/marketplaceWebhooks/{id}"`
	want := []string{
		`{"attempt":1,"level":"DEBUG","msg":"attempt",` + operation + `,"request_id":"request 1",` + route + `,"status":503}`,
		`{"attempt":1,"level":"WARN","msg":"retry",` + operation + `,"request_id":"request 1",` + route + `,"status":503}`,
		`{"attempt":2,"level":"DEBUG","msg":"attempt",` + operation + `,"request_id":"asctest-2",` + route + `,"status":204}`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
