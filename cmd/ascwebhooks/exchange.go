package main

// HTTP exchanges, recorded on the server's side, for the demo to show.

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

// exchange is a request and its response, without what is secret.
type exchange struct {
	Request  message `json:"request"`
	Response message `json:"response"`
}

// message is either half.
type message struct {
	Method  string          `json:"method,omitempty"`
	Path    string          `json:"path,omitempty"`
	Status  int             `json:"status,omitempty"`
	Headers http.Header     `json:"headers,omitempty"` // those that matter
	Body    json.RawMessage `json:"body,omitempty"`
}

// recorder keeps the exchanges of the handlers that it wraps.
type recorder struct {
	redact *strings.Replacer

	mu        sync.Mutex
	exchanges []exchange
}

func (r *recorder) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(io.LimitReader(req.Body, 1<<20))
		req.Body = io.NopCloser(bytes.NewReader(body))
		response := &recordedResponse{ResponseWriter: w}
		next.ServeHTTP(response, req)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.exchanges = append(r.exchanges, exchange{
			Request:  message{Method: req.Method, Path: req.URL.RequestURI(), Headers: r.headers(req.Header), Body: r.body(body)},
			Response: message{Status: response.status, Headers: r.headers(w.Header()), Body: r.body(response.body.Bytes())},
		})
	})
}

// take returns the exchanges since the last time.
func (r *recorder) take() []exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	exchanges := r.exchanges
	r.exchanges = nil
	return exchanges
}

func (r *recorder) headers(from http.Header) http.Header {
	headers := http.Header{}
	for _, name := range []string{"Authorization", notification.SignatureHeader, "Location", "X-Rate-Limit"} {
		if value := from.Get(name); value != "" {
			headers.Set(name, r.redact.Replace(value))
		}
	}
	if headers.Get("Authorization") != "" {
		headers.Set("Authorization", redacted)
	}
	return headers
}

// body returns a JSON body, and nothing else.
func (r *recorder) body(body []byte) json.RawMessage {
	body = []byte(r.redact.Replace(string(body)))
	if !json.Valid(body) {
		return nil
	}
	return body
}

// text shows an exchange as curl -v does: > is sent, < comes back.
func (e exchange) text() string {
	return fmt.Sprintf("> %s %s\n%s\n< %s\n%s", e.Request.Method, e.Request.Path, e.Request.text("> "),
		statusText(e.Response.Status), e.Response.text("< "))
}

func (m message) text(mark string) string {
	var text bytes.Buffer
	_ = m.Headers.Write(&text)
	_ = json.Indent(&text, m.Body, "", "  ") // no body stays none
	lines := strings.ReplaceAll(strings.TrimSpace(text.String()), "\r", "")
	if lines == "" {
		return ""
	}
	return mark + strings.ReplaceAll(lines, "\n", "\n"+mark) + "\n"
}

// recordedResponse keeps what passes through. What asctest and notification
// respond with starts with WriteHeader.
type recordedResponse struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (r *recordedResponse) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recordedResponse) Write(b []byte) (int, error) {
	r.body.Write(b)
	return r.ResponseWriter.Write(b)
}
