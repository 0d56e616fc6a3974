package main

// What goes to stdout: text for people, JSON for programs.

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// format is the value of --output; empty means text.
type format string

func (f *format) String() string { return string(*f) }
func (f *format) Type() string   { return "format" }
func (f *format) Set(value string) error {
	if value != "text" && value != "json" {
		return errors.New("must be text or json")
	}
	*f = format(value)
	return nil
}

// print writes document as one line of JSON, or else the text, which ends
// with a newline of its own.
func (s *system) print(document any, text string) error {
	if s.output == "json" {
		var line strings.Builder
		encoder := json.NewEncoder(&line)
		encoder.SetEscapeHTML(false) // URLs stay readable
		if err := encoder.Encode(document); err != nil {
			return err
		}
		text = line.String()
	}
	if _, err := fmt.Fprint(s.stdout, text); err != nil {
		return errors.New("stdout can't be written to")
	}
	return nil
}

// webhookDocument is the JSON form of a webhook, in Apple's names.
type webhookDocument struct {
	ID          string `json:"id,omitempty"`
	EndpointURL string `json:"endpoint_url"`
}

func (s *system) printWebhook(w wrapper.MarketplaceWebhook) error {
	return s.print(webhookDocument(w), webhookText(w))
}

func webhookText(w wrapper.MarketplaceWebhook) string {
	return fmt.Sprintf("id:           %s\nendpoint URL: %s\n", oneLine(w.ID), oneLine(w.EndpointURL))
}

// oneLine keeps what came from elsewhere from moving the cursor.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }), " ")
}
