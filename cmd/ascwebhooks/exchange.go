package main

// HTTP exchanges, as the demo shows them.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/ascmarketplace/webhooks/asctest"
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

// exchanges are those that the fake has recorded since the last time: calls to it, and what it posted.
func (d *demo) exchanges() (shown []exchange) {
	changes := d.fake.Since(d.shown)
	d.shown = changes.Number
	var all []*asctest.Exchange
	for _, x := range changes.Exchanges {
		all = append(all, &x)
	}
	for _, p := range changes.Deliveries {
		all = append(all, &asctest.Exchange{
			Time: p.Sent, Method: http.MethodPost, Path: strings.TrimPrefix(p.URL, d.receiverURL), Body: p.Payload,
			Header: http.Header{notification.SignatureHeader: {p.Signature}},
			Status: p.StatusCode, ResponseBody: []byte(p.ResponseBody),
		})
	}
	slices.SortStableFunc(all, func(a, b *asctest.Exchange) int { return a.Time.Compare(b.Time) })
	for _, x := range all {
		headers := d.headers(x.Header)
		if x.KeyID != "" {
			headers.Set("Authorization", redacted) // which the record doesn't have
		}
		path := strings.TrimSuffix(x.Path+"?"+x.Query, "?")
		shown = append(shown, exchange{
			Request:  message{Method: x.Method, Path: path, Headers: headers, Body: d.body(x.Body)},
			Response: message{Status: x.Status, Headers: d.headers(x.ResponseHeader), Body: d.body(x.ResponseBody)},
		})
	}
	return shown
}

func (d *demo) headers(from http.Header) http.Header {
	headers := http.Header{}
	for _, name := range []string{notification.SignatureHeader, "Location", "X-Rate-Limit"} {
		if value := from.Get(name); value != "" {
			headers.Set(name, value)
		}
	}
	return headers
}

// body returns a JSON body, and nothing else.
func (d *demo) body(body []byte) json.RawMessage {
	body = []byte(d.redact.Replace(string(body)))
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
