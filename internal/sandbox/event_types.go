package sandbox

// The types of events and their fields.

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"time"
	"unicode"

	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
)

// isOfMarketplace tells the events of marketplaceWebhooks from those of webhooks.
func isOfMarketplace(name string) bool { return unicode.IsUpper(rune(name[0])) }

// subscription is how the API spells an event of webhooks; a ping has none.
func subscription(name string) string { return sample.Subscription(name) }

// subscriptions are the event types that a webhook may subscribe to.
func subscriptions() []string {
	return slices.DeleteFunc(mapped(sample.Types(), subscription), func(s string) bool { return s == "" })
}

// fields returns the fields of an event by their names. A time that is not set is null.
func fields(event notification.Event) map[string]any {
	shown := map[string]any{}
	for _, field := range sample.Fields(event) {
		shown[field.Name] = field.Value
		if at, ok := field.Value.(*time.Time); ok && at.IsZero() {
			shown[field.Name] = nil
		}
	}
	return shown
}

// setFields sets fields of an event; null leaves one as it is.
func setFields(event notification.Event, given map[string]json.RawMessage) error {
	known := sample.Fields(event)
	for name, text := range given {
		i := slices.IndexFunc(known, func(f sample.Field) bool { return f.Name == name })
		if i < 0 {
			return badField("fields."+name, "there is no such field of this type: it has %s", sample.Names(known))
		}
		if json.Unmarshal(text, known[i].Value) != nil {
			return badField("fields."+name, "must be %s", form(known[i]))
		}
	}
	return nil
}

func form(field sample.Field) string {
	switch field.Value.(type) {
	case *time.Time:
		return "a time, such as 2026-01-31T12:00:00Z"
	case *[]string:
		return "a list of strings"
	}
	return jsonType(reflect.TypeOf(field.Value).Elem())
}

// missing returns the name of a field without which an event can't be sent, or nothing.
func missing(event notification.Event) string {
	for _, field := range sample.Fields(event) {
		switch value := field.Value.(type) {
		case *string:
			if *value == "" && field.Name != "old" {
				return field.Name
			}
		case *[]string:
			if *value == nil || slices.Contains(*value, "") {
				return field.Name
			}
		}
	}
	return ""
}

func (s *Sandbox) listEventTypes(*http.Request) (int, any, error) {
	type described struct {
		Type         string         `json:"type"`
		Subscription string         `json:"subscription"`
		Fields       map[string]any `json:"fields"`
	}
	return http.StatusOK, struct {
		EventTypes []described `json:"event_types"`
	}{mapped(sample.Types(), func(name string) described {
		return described{name, subscription(name), fields(sample.Event(name))}
	})}, nil
}

// typeOf is the data.type of a payload.
func typeOf(payload []byte) string {
	var body struct{ Data struct{ Type string } }
	_ = json.Unmarshal(payload, &body)
	return body.Data.Type
}
