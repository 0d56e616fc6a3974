package sample

import (
	"reflect"
	"strings"
	"unicode"

	"github.com/ascmarketplace/webhooks/notification"
)

// A Field is one field of an event.
type Field struct {
	Name  string // such as package_version_id
	Value any    // points to it: a *string, *[]string, *bool or *time.Time
}

// Fields returns the fields of an event, in their order.
func Fields(event notification.Event) (fields []Field) {
	value := reflect.ValueOf(event).Elem()
	for _, f := range reflect.VisibleFields(value.Type()) {
		if !f.Anonymous {
			fields = append(fields, Field{Snake(f.Name), value.FieldByIndex(f.Index).Addr().Interface()})
		}
	}
	return fields
}

// Names returns the names of fields, as a message lists them.
func Names(fields []Field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return strings.Join(names, ", ")
}

// Snake spells PackageVersionIDs as package_version_ids, and OSVersion as os_version.
func Snake(name string) string {
	isLower := func(i int) bool { return unicode.IsLower(rune(name[i])) }
	var b strings.Builder
	for i, r := range name {
		if i > 0 && unicode.IsUpper(r) && (isLower(i-1) || i+2 < len(name) && isLower(i+1)) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
