package main

// The events that notify posts, and what listen and catch-up print of one.

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
)

// eventFlags are the flags that describe a notification.
type eventFlags struct {
	typ, id string
	fields  []string // name=value
}

func (e *eventFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&e.typ, "type", sample.Types()[0], "`type` of the notification: "+strings.Join(sample.Types(), ",\n"))
	complete(cmd, "type", sample.Types()...)
	cmd.Flags().StringVar(&e.id, "id", "", "`ID` of the notification (default a random one); the same again is a duplicate")
	cmd.Flags().StringArrayVar(&e.fields, "field", nil,
		"`name=value` of the event, such as app_id=6478000001 (repeatable; the same name\nagain makes a list)")
}

// notification returns the notification that the flags describe.
func (e *eventFlags) notification() (*notification.Notification, error) {
	event := sample.Event(e.typ)
	if event == nil {
		return nil, usagef("--type must be one of %s", strings.Join(sample.Types(), ", "))
	}
	given := map[string][]string{}
	for _, field := range e.fields {
		name, value, found := strings.Cut(field, "=")
		if !found {
			return nil, usagef("--field must be name=value, such as app_id=6478000001")
		}
		given[name] = append(given[name], value)
	}
	fields := sample.Fields(event)
	for name, values := range given {
		i := slices.IndexFunc(fields, func(f sample.Field) bool { return f.Name == name })
		if i < 0 {
			return nil, usagef("--field must name a field of %s: %s", e.typ, sample.Names(fields))
		}
		if slices.Contains(values, "") && name != "old" {
			return nil, usagef("--field %s must not be empty", name)
		}
		if err := setField(fields[i].Value, values); err != nil {
			return nil, usagef("--field %s %w", name, err)
		}
	}
	n := notification.New(event)
	n.Type = e.typ
	if e.id != "" {
		n.ID = e.id
	}
	return n, nil
}

// setField sets what field points to.
func setField(field any, values []string) error {
	if list, ok := field.(*[]string); ok {
		*list = values
		return nil
	}
	if len(values) > 1 {
		return errors.New("can be given once: it is not a list")
	}
	switch field := field.(type) {
	case *string:
		*field = values[0]
	case *bool:
		if values[0] != "true" && values[0] != "false" {
			return errors.New("must be true or false")
		}
		*field = values[0] == "true"
	case *time.Time:
		if field.UnmarshalText([]byte(values[0])) != nil {
			return errors.New("must be a time, such as 2026-01-31T12:00:00Z")
		}
	}
	return nil
}

// summary is a notification on one line: its time, type and ID, and the fields
// of its event, except times, as --field takes them.
func summary(n *notification.Notification) string {
	at := "(no time)"
	if !n.Timestamp.IsZero() {
		at = n.Timestamp.Format(time.RFC3339)
	}
	words := []string{at, n.Type, n.ID}
	if n.Event == nil {
		return strings.Join(words, " ")
	}
	for _, field := range sample.Fields(n.Event) {
		if _, isTime := field.Value.(*time.Time); !isTime {
			words = append(words, field.Name+"="+fieldText(field.Value))
		}
	}
	return strings.Join(words, " ")
}

// fieldText is the value of what a field points to, as --field takes it.
func fieldText(field any) string {
	switch value := field.(type) {
	case *time.Time:
		return value.Format(time.RFC3339)
	case *[]string:
		return strings.Join(*value, ",")
	}
	return fmt.Sprint(reflect.ValueOf(field).Elem())
}
