package spec

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestGoneOperationIsNamedAndTheRestIsTrimmed(t *testing.T) {
	document := trimOrders(t, func(root map[string]any) { delete(object(t, root, "paths"), "/v1/orders/{id}") })
	if !slices.Equal(document.Gone, []string{"orders_delete"}) || !has(document.Root, []string{"paths", "/v1/orders", "post"}) {
		t.Errorf("gone: %q, in\n%s", document.Gone, document.YAML)
	}
	want := "spec: nothing written: Apple's document lacks orders_delete: in kept.yaml, remove it or mark it retired"
	if err := document.Err(); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// trimRetired trims orders after an edit, with operations that are marked retired.
func trimRetired(t *testing.T, edit func(root map[string]any), ids ...string) (*Document, error) {
	t.Helper()
	kept := ordersKept(t)
	for _, id := range ids {
		kept.Operations[id] = Operation{Summary: "Of old.", Retired: true}
	}
	return Trim(orders(t, edit), kept, ordersOverlay(t), "testdata/orders.golden.yaml")
}

func TestRetiredOperationKeepsItsForm(t *testing.T) {
	document, err := trimRetired(t, func(root map[string]any) {
		delete(object(t, root, "paths"), "/v1/orders")
		maps.DeleteFunc(object(t, root, "components", "schemas"), func(string, any) bool { return true })
	}, "orders_create")
	if err != nil || document.Err() != nil {
		t.Fatal(err, document.Err())
	}
	// With the corrections that were made when upstream had it.
	golden := string(readTestdata(t, "orders.golden.yaml"))
	want := strings.Replace(golden, "Place an order.", "Of old.", 1)
	if withoutChecksum(document.YAML) != withoutChecksum([]byte(want)) {
		t.Errorf("another form:\n%s", document.YAML)
	}
}

// A schema that a living operation reaches too is upstream's.
func TestRetiredOperationSharesSchemasWithTheLiving(t *testing.T) {
	document, err := trimRetired(t, func(root map[string]any) {
		remove := object(t, root, "paths", "/v1/orders/{id}", "delete", "responses")
		remove["400"] = map[string]any{"description": "d", "content": map[string]any{
			"application/json": map[string]any{"schema": ref("Line")}}}
		object(t, schemaOf(t, root, "Line"), "properties", "count")["maximum"] = 7
		object(t, schemaOf(t, root, "Card"), "properties", "number")["maxLength"] = 7
		delete(object(t, root, "paths"), "/v1/orders")
	}, "orders_create")
	if err != nil {
		t.Fatal(err)
	}
	if got := string(document.YAML); !strings.Contains(got, "maximum: 7") || strings.Contains(got, "maxLength: 7") {
		t.Errorf("the wrong schemas are upstream's:\n%s", got)
	}
}

func TestRetiredOperationThatAppleStillHasIsApples(t *testing.T) {
	document, err := trimRetired(t, func(root map[string]any) {
		object(t, root, "paths", "/v1/orders", "post", "requestBody")["required"] = false
	}, "orders_create")
	if err != nil || document.Err() != nil {
		t.Fatal(err, document.Err())
	}
	if required, _ := at(document.Root, "paths", "/v1/orders", "post", "requestBody", "required"); required != false {
		t.Errorf("the body's required is %v", required)
	}
}

func TestRetiredOperationThatWeNeverHadIsRefused(t *testing.T) {
	_, err := trimRetired(t, nil, "orders_archive")
	want := "spec: kept.yaml: retired, but in no form that we have: orders_archive"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
