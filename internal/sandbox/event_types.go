package sandbox

// The types of events and their fields.

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/ascmarketplace/webhooks/internal/contract"
	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
)

func (s *Sandbox) listEventTypes(*http.Request) (int, any, error) {
	types := mapped(sample.Types(), func(name string) object {
		fields := object{}
		for _, field := range sample.Fields(sample.Event(name)) {
			fields[field.Name] = field.Value
			if at, ok := field.Value.(*time.Time); ok && at.IsZero() {
				fields[field.Name] = nil
			}
		}
		return object{"type": name, "subscription": contract.Subscription(name), "fields": fields}
	})
	return http.StatusOK, object{"event_types": types}, nil
}

// setFields sets the fields of an event that are given. Of an app's event the marketplace's app is that app, unless it
// is given too.
func setFields(event notification.Event, app string, given map[string]json.RawMessage) error {
	fields := sample.Fields(event)
	for _, field := range fields {
		if id, ok := field.Value.(*string); ok && field.Name == "marketplace_app_id" && app != "" {
			*id = app
		}
	}
	for name, text := range given {
		i := slices.IndexFunc(fields, func(f sample.Field) bool { return f.Name == name })
		if i < 0 {
			return badField("fields."+name, "there is no such field of this type: it has %s", sample.Names(fields))
		}
		if json.Unmarshal(text, fields[i].Value) != nil {
			return badField("fields."+name, "must be %s", jsonType(reflect.TypeOf(fields[i].Value).Elem()))
		}
		if _, err := json.Marshal(notification.New(event)); err != nil { // it was complete before
			return badField("fields."+name, "must not be empty")
		}
	}
	return nil
}
