package main

// HTTP exchanges, watched at the server's side, for the demo to show.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/ascmarketplace/webhooks/notification"
)

const redacted = "[redacted]"

// exchange is a request and its answer, without what is secret.
type exchange struct {
	Request  message `json:"request"`
	Response message `json:"response"`
}

// message is either half.
type message struct {
	Method  string            `json:"method,omitempty"`
	Path    string            `json:"path,omitempty"`
	Status  int               `json:"status,omitempty"`
	Headers map[string]string `json:"headers,omitempty"` // those that matter
	Body    any               `json:"body,omitempty"`    // json.RawMessage, or a string if it is not JSON
}

// watcher keeps the exchanges of the handlers that it wraps.
type watcher struct {
	redact *strings.Replacer

	mu   sync.Mutex
	seen []exchange
}

func (w *watcher) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		r.Body = io.NopCloser(bytes.NewReader(body))
		kept := &keptResponse{ResponseWriter: rw, status: http.StatusOK}
		next.ServeHTTP(kept, r)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.seen = append(w.seen, exchange{
			Request:  message{Method: r.Method, Path: r.URL.Path, Headers: w.headers(r.Header), Body: w.body(body)},
			Response: message{Status: kept.status, Headers: w.headers(kept.Header()), Body: w.body(kept.body.Bytes())},
		})
	})
}

// take returns what was seen since the last time.
func (w *watcher) take() []exchange {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.seen
	w.seen = nil
	return seen
}

// shownHeaders are those that matter, in the order in which they are shown.
func shownHeaders() []string {
	return []string{"Authorization", notification.SignatureHeader, "Location", "X-Rate-Limit"}
}

func (w *watcher) headers(from http.Header) map[string]string {
	headers := map[string]string{}
	for _, name := range shownHeaders() {
		if value := from.Get(name); value != "" {
			headers[name] = w.redact.Replace(value)
		}
	}
	if _, ok := headers["Authorization"]; ok {
		headers["Authorization"] = redacted
	}
	return headers
}

func (w *watcher) body(body []byte) any {
	text := strings.TrimSpace(w.redact.Replace(string(body)))
	var compact bytes.Buffer
	switch {
	case text == "":
		return nil
	case json.Compact(&compact, []byte(text)) == nil:
		return json.RawMessage(compact.Bytes())
	}
	return text
}

// text shows an exchange as curl -v does: > is sent, < comes back.
func (e exchange) text() string {
	return fmt.Sprintf("> %s %s\n%s\n< %s\n%s", e.Request.Method, e.Request.Path, e.Request.text("> "),
		statusText(e.Response.Status), e.Response.text("< "))
}

func (m message) text(mark string) string {
	var b strings.Builder
	for _, name := range shownHeaders() {
		if value, ok := m.Headers[name]; ok {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	switch body := m.Body.(type) {
	case json.RawMessage:
		b.WriteString(layout(body, 100) + "\n")
	case string:
		b.WriteString(body + "\n")
	}
	if b.Len() == 0 {
		return ""
	}
	return mark + strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "\n", "\n"+mark) + "\n"
}

// keptResponse keeps what passes through.
type keptResponse struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (k *keptResponse) WriteHeader(status int) {
	k.status = status
	k.ResponseWriter.WriteHeader(status)
}

func (k *keptResponse) Write(b []byte) (int, error) {
	k.body.Write(b)
	return k.ResponseWriter.Write(b)
}
