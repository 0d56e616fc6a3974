package sandbox

// The types of events and their fields.

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
)

const ping = "webhookPingCreated"

// isOfMarketplace tells the events of marketplaceWebhooks from those of webhooks.
func isOfMarketplace(name string) bool { return unicode.IsUpper(rune(name[0])) }

// subscription is how the API spells an event of webhooks; a ping has none.
func subscription(name string) string {
	if isOfMarketplace(name) || name == ping {
		return ""
	}
	return strings.ToUpper(snake(name))
}

// subscriptions are the event types that a webhook may subscribe to.
func subscriptions() []string {
	return slices.DeleteFunc(mapped(sample.Types(), subscription), func(s string) bool { return s == "" })
}

// snake spells a Go name, or a type, as JSON does here: package_version_id.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && unicode.IsUpper(r) && unicode.IsLower(rune(name[i-1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// fields returns the fields of an event by their names. A time that is not set is null.
func fields(event notification.Event) map[string]any {
	shown, value := map[string]any{}, reflect.ValueOf(event).Elem()
	for i := range value.NumField() {
		field := value.Field(i).Interface()
		if at, ok := field.(time.Time); ok && at.IsZero() {
			field = nil
		}
		shown[snake(value.Type().Field(i).Name)] = field
	}
	return shown
}

// setFields sets fields of an event; null leaves one as it is.
func setFields(event notification.Event, given map[string]json.RawMessage) error {
	value := reflect.ValueOf(event).Elem()
	var known []string
	for i := range value.NumField() {
		name := snake(value.Type().Field(i).Name)
		known = append(known, name)
		if text, there := given[name]; there {
			if err := setField(value.Field(i), text); err != nil {
				return badField("fields."+name, "%s", err.Error())
			}
		}
	}
	for name := range given {
		if !slices.Contains(known, name) {
			return badField("fields."+name, "there is no such field of this type: it has %s", strings.Join(known, ", "))
		}
	}
	return nil
}

func setField(field reflect.Value, text json.RawMessage) error {
	err := json.Unmarshal(text, field.Addr().Interface())
	_, isTime := field.Interface().(time.Time)
	switch {
	case err != nil && isTime:
		return refusal{message: "must be a time, such as 2026-01-31T12:00:00Z"}
	case err != nil && field.Kind() == reflect.Slice:
		return refusal{message: "must be a list of strings"}
	case err != nil:
		return refusal{message: "must be " + jsonType(field.Type())}
	}
	return nil
}

// missing returns the name of a field without which an event can't be sent, or nothing.
func missing(event notification.Event) string {
	value := reflect.ValueOf(event).Elem()
	for i := range value.NumField() {
		name := value.Type().Field(i).Name
		switch field := value.Field(i).Interface().(type) {
		case string:
			if field == "" && name != "Old" {
				return snake(name)
			}
		case []string:
			if field == nil || slices.Contains(field, "") {
				return snake(name)
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
