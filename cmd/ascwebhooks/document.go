package main

// Any value of the library as a document: its fields, named as in JSON elsewhere.

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"

	"github.com/ascmarketplace/webhooks/internal/sample"
)

// documentOf returns what JSON shows of a value. What is zero is left out. What has a text of its own shows that:
// personal data and download URLs are redacted.
func documentOf(v reflect.Value) any {
	if marshaler, ok := v.Interface().(encoding.TextMarshaler); ok {
		text, _ := marshaler.MarshalText() // of times, personal data and URLs: does not fail
		return string(text)
	}
	switch v.Kind() {
	case reflect.Struct:
		document := map[string]any{}
		for _, f := range reflect.VisibleFields(v.Type()) {
			if field := v.FieldByIndex(f.Index); !f.Anonymous && !field.IsZero() {
				document[sample.Snake(f.Name)] = documentOf(field)
			}
		}
		return document
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = documentOf(v.Index(i))
		}
		return list
	}
	return v.Interface()
}

// textOf returns a line for each value in v, with its path in the JSON document.
func textOf(path string, v reflect.Value) string {
	if _, ok := v.Interface().(encoding.TextMarshaler); ok {
		return fields(path, documentOf(v).(string))
	}
	var text strings.Builder
	switch v.Kind() {
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(v.Type()) {
			if field := v.FieldByIndex(f.Index); !f.Anonymous && !field.IsZero() {
				text.WriteString(textOf(strings.TrimPrefix(path+"."+sample.Snake(f.Name), "."), field))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			text.WriteString(textOf(fmt.Sprintf("%s[%d]", path, i), v.Index(i)))
		}
	default:
		return fields(path, fmt.Sprint(v.Interface()))
	}
	return text.String()
}
