package spec

import (
	"slices"
	"testing"
)

func TestChangesInWords(t *testing.T) {
	for _, test := range []struct {
		name string
		edit func(root map[string]any)
		want []string
	}{
		{"nothing", nil, nil},
		{"only words", func(root map[string]any) {
			object(t, root, "info")["version"] = "1.3.0"
			schemaOf(t, root, "Order")["description"] = "NEW WORDING"
			object(t, root, "paths", "/v1/orders", "post")["x-note"] = "NEW WORDING"
		}, nil},
		{"deprecations", func(root map[string]any) {
			object(t, root, "paths", "/v1/orders", "post")["deprecated"] = true
			delete(schemaOf(t, root, "Order"), "deprecated")
			schemaOf(t, root, "Card")["deprecated"] = false
		}, []string{"POST /v1/orders: deprecated", "schema Order: no longer deprecated"}},
		{"responses", func(root map[string]any) {
			responses := object(t, root, "paths", "/v1/orders", "post", "responses")
			responses["429"] = responses["400"]
			delete(responses, "400")
		}, []string{"POST /v1/orders: response 400 dropped", "POST /v1/orders: response 429 added"}},
		{"properties", func(root map[string]any) {
			properties := object(t, schemaOf(t, root, "Card"), "properties")
			delete(properties, "number")
			properties["holder"], properties["kind"] = text(), map[string]any{"type": "string", "nullable": true}
			schemaOf(t, root, "Cash")["required"] = []any{"currency"}
			object(t, schemaOf(t, root, "Cash"), "properties")["currency"] = map[string]any{"$ref": "#/components/schemas/Line"}
		}, []string{
			"schema Card: holder added (string)", "schema Card: kind may now be null", "schema Card: number dropped",
			"schema Cash: currency added and required (Line)", "schema Cash: kind no longer required",
		}},
		{"keywords", func(root map[string]any) {
			properties := object(t, schemaOf(t, root, "Order"), "properties")
			properties["title"] = map[string]any{"type": "integer", "format": "int32"}
			properties["state"] = map[string]any{"type": "string", "enum": []any{"open", "lost"}}
			delete(object(t, properties, "schemas", "properties", "summary"), "nullable")
			object(t, properties, "lines")["items"] = map[string]any{"type": "string"}
		}, []string{
			"schema Line: dropped",
			"schema Order: lines[] was Line, is string",
			"schema Order: schemas.summary may no longer be null",
			"schema Order: state enum closed dropped", "schema Order: state enum lost added",
			"schema Order: title format int32 added", "schema Order: title maxLength 40 dropped",
			"schema Order: title type was string, is integer",
		}},
		{"lists", func(root map[string]any) {
			payment := object(t, schemaOf(t, root, "Order"), "properties", "payment")
			payment["oneOf"] = []any{ref("Card"), ref("Cash"), map[string]any{"type": "string"}}
		}, []string{"schema Order: payment.oneOf[2] added (string)"}},
		{"parameters, in another order", func(root map[string]any) {
			item := object(t, root, "paths", "/v1/orders/{id}")
			old := item["parameters"].([]any)[0].(map[string]any)
			old["schema"] = map[string]any{"type": "string", "maxLength": 3}
			item["parameters"] = []any{map[string]any{"name": "sort", "in": "query", "schema": text()}, old}
		}, []string{
			"/v1/orders/{id}: path id parameter maxLength 3 added", "/v1/orders/{id}: query sort parameter added",
		}},
		{"the document", func(root map[string]any) {
			root["openapi"] = "3.0.3"
			delete(root, "security")
		}, []string{
			"document: openapi was 3.0.1, is 3.0.3", `document: security [{"token":[]}] dropped`,
			"securityScheme token: dropped",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			from, _ := trimOrders(t, nil)
			to, _ := trimOrders(t, test.edit)
			var got []string
			for _, change := range changes(from, to) {
				got = append(got, change.Group+": "+change.Text)
			}
			slices.Sort(got)
			if !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
			if back := changes(to, from); len(back) != len(test.want) {
				t.Errorf("the way back has %d changes, not %d: %v", len(back), len(test.want), back)
			}
		})
	}
}

func TestDroppedOperationBreaks(t *testing.T) {
	from, _ := trimOrders(t, nil)
	to, _ := trimOrders(t, nil)
	delete(object(t, to.Root, "paths", "/v1/orders/{id}"), "delete")
	got := changes(from, to)
	if len(got) != 1 || got[0].Text != "dropped" || !got[0].Breaking {
		t.Errorf("got %+v", got)
	}
}
