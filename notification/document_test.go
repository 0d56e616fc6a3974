package notification_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/openapi"
)

// The operation that posts a notification, as the OpenAPI document has it and closed, which refuses every property
// that is not listed.
var (
	openDocument   = sync.OnceValues(func() (*openapi3.Operation, error) { return readDocument(false) })
	closedDocument = sync.OnceValues(func() (*openapi3.Operation, error) { return readDocument(true) })
)

func loadDocument(t *testing.T, closed bool) *openapi3.Operation {
	t.Helper()
	read := openDocument
	if closed {
		read = closedDocument
	}
	op, err := read()
	if err != nil {
		t.Fatal(err)
	}
	return op
}

func readDocument(closed bool) (*openapi3.Operation, error) {
	doc, err := openapi3.NewLoader().LoadFromData(openapi.Notifications())
	if err != nil {
		return nil, err
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, err
	}
	if closed {
		for _, schema := range doc.Components.Schemas {
			closeSchema(schema.Value)
		}
	}
	return doc.Webhooks["notification"].Post, nil
}

func closeSchema(s *openapi3.Schema) {
	if len(s.Properties) == 0 {
		return
	}
	s.AdditionalProperties = openapi3.AdditionalProperties{Has: new(false)}
	for _, property := range s.Properties {
		closeSchema(property.Value)
	}
}

func validate(t *testing.T, op *openapi3.Operation, body []byte) error {
	t.Helper()
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		t.Fatal(err)
	}
	schema := op.RequestBody.Value.Content["application/json"].Schema.Value
	return schema.VisitJSON(value, openapi3.EnableJSONSchema2020(), openapi3.EnableFormatValidation())
}

func fixtures(t testing.TB) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob("testdata/*.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("no fixtures, %v", err)
	}
	bodies := map[string][]byte{}
	for _, name := range names {
		if bodies[filepath.Base(name)], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	return bodies
}

func TestDocumentDescribesFixtures(t *testing.T) {
	op := loadDocument(t, true)
	for name, body := range fixtures(t) {
		if err := validate(t, op, body); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDocumentRefuses shows that the document can fail.
func TestDocumentRefuses(t *testing.T) {
	body := fixtures(t)["app_unavailable.json"]
	open, closed := loadDocument(t, false), loadDocument(t, true)
	for _, test := range []struct{ name, old, new string }{
		{"another version", `"version": 1`, `"version": 2`},
		{"another type", `"AppUnavailable"`, `"AppAvailable"`},
		{"an app that is a number", `"9876543210"`, `9876543210`},
		{"an app that is not digits", `"9876543210"`, `"com.example"`},
		{"no date", `"2023-11-27T10:40:37.246-08:00"`, `"yesterday"`},
		{"no id", `"id"`, `"uuid"`},
	} {
		changed := bytes.Replace(body, []byte(test.old), []byte(test.new), 1)
		if bytes.Equal(changed, body) || validate(t, open, changed) == nil {
			t.Errorf("%s: not refused", test.name)
		}
	}
	added := bytes.Replace(body, []byte(`"version": 1`), []byte(`"version": 1, "added": true`), 1)
	if err := validate(t, open, added); err != nil {
		t.Errorf("a new property is refused: %v", err)
	}
	if validate(t, closed, added) == nil {
		t.Error("the closed copy lets a new property pass")
	}
}

// TestEncodedIsDocumented holds what is sent, body and header, against the document.
func TestEncodedIsDocumented(t *testing.T) {
	op := loadDocument(t, true)
	for _, n := range notification.Examples() {
		body, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, op, body); err != nil {
			t.Errorf("%s: %v", n.Type, err)
		}
		if got := roundTrip(t, n); got.Type != n.Type || reflect.TypeOf(got.Event) != reflect.TypeOf(n.Event) {
			t.Errorf("%s: received %s, %T", n.Type, got.Type, got.Event)
		}
		header := op.Parameters.GetByInAndName("header", notification.SignatureHeader).Schema.Value
		signature := notification.Sign([]byte("secret"), body)
		if err := header.VisitJSON(signature, openapi3.EnableJSONSchema2020()); err != nil {
			t.Errorf("signature: %v", err)
		}
	}
}

// TestDecodedIsDocumented makes each fixture anew from what Decode understood of it.
func TestDecodedIsDocumented(t *testing.T) {
	op := loadDocument(t, true)
	for name, body := range fixtures(t) {
		n, err := notification.Decode(body)
		if err != nil {
			t.Fatal(err)
		}
		n.Raw = nil
		again, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, op, again); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
