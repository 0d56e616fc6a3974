package main

// The flags that describe a webhook, and how a webhook is printed.

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// eventSets are the names that --event takes for several types.
func eventSets() map[string][]wrapper.EventType {
	return map[string][]wrapper.EventType{"marketplace": wrapper.MarketplaceEvents(), "all": wrapper.AllEvents()}
}

func (w *webhooks) paramFlags(cmd *cobra.Command, required ...string) {
	cmd.Flags().StringVar(&w.name, "name", "", "`name` of the webhook in App Store Connect")
	cmd.Flags().StringVar(&w.endpointURL, "endpoint-url", "", endpointURLUsage)
	cmd.Flags().StringArrayVar(&w.events, "event", nil, "`type` of event in Apple's spelling, such as BUILD_UPLOAD_STATE_UPDATED; or\nmarketplace, those of alternative distribution; or all (repeatable)")
	cmd.Flags().BoolVar(&w.disabled, "disabled", false, "stop deliveries")
	secretFlag(cmd, &w.secretFile)
	values := []string{"all", "marketplace"}
	for _, event := range wrapper.AllEvents() {
		values = append(values, string(event))
	}
	complete(cmd, "event", values...)
	for _, name := range required {
		mustSet(cmd.MarkFlagRequired(name))
	}
}

// params returns what the flags describe; readSecret is secret or needSecret.
func (w *webhooks) params(cmd *cobra.Command, readSecret func(path string) ([]byte, error)) (wrapper.WebhookParams, error) {
	params := wrapper.WebhookParams{Name: w.name, URL: w.endpointURL}
	for _, name := range w.events {
		types := eventSets()[name]
		if types == nil {
			types = []wrapper.EventType{wrapper.EventType(name)}
		}
		for _, eventType := range types {
			if !slices.Contains(params.EventTypes, eventType) {
				params.EventTypes = append(params.EventTypes, eventType)
			}
		}
	}
	if cmd.Flags().Changed("disabled") {
		params.Enabled = new(!w.disabled)
	}
	var err error
	params.Secret, err = asSecret(readSecret(w.secretFile))
	return params, err
}

type webhookDocument struct {
	ID         string              `json:"id"`
	AppID      string              `json:"app_id,omitempty"`
	Name       string              `json:"name"`
	URL        string              `json:"url"`
	Enabled    bool                `json:"enabled"`
	EventTypes []wrapper.EventType `json:"event_types"`
}

func newWebhookDocument(w wrapper.Webhook) webhookDocument {
	return webhookDocument{w.ID, w.AppID, w.Name, w.URL, w.Enabled, w.EventTypes}
}

func (w *webhooks) printWebhook(webhook wrapper.Webhook, err error) error {
	if err != nil {
		return err
	}
	return w.print(newWebhookDocument(webhook), webhookText(webhook))
}

func webhookText(w wrapper.Webhook) string {
	return fields("id", w.ID, "app", w.AppID, "name", w.Name, "URL", w.URL, "state", enabled(w)) + each("event", w.EventTypes)
}

func enabled(w wrapper.Webhook) string {
	if w.Enabled {
		return "enabled"
	}
	return "disabled"
}
