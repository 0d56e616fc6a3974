package spec

import (
	"encoding/json"
	"os"
	"testing"
)

// The documents in testdata are our own: an API of orders with every trait that the trimmer must handle.

func readTestdata(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func ordersKept(t testing.TB) *Kept {
	t.Helper()
	kept, err := parseKept(readTestdata(t, "kept.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

func ordersOverlay(t testing.TB) *Overlay {
	t.Helper()
	overlay, err := parseOverlay(readTestdata(t, "overlay.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return overlay
}

// orders returns the orders document after an edit.
func orders(t testing.TB, edit func(root map[string]any)) *Upstream {
	t.Helper()
	root, err := decodeJSON(readTestdata(t, "orders.json"))
	if err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		edit(root)
	}
	data, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	upstream, err := parseUpstream(data)
	if err != nil {
		t.Fatal(err)
	}
	return upstream
}

func trimOrders(t testing.TB, edit func(root map[string]any)) *Document {
	t.Helper()
	document, err := Trim(orders(t, edit), ordersKept(t), ordersOverlay(t), "testdata/orders.golden.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// object returns the object at keys, to be edited.
func object(t testing.TB, root map[string]any, keys ...string) map[string]any {
	t.Helper()
	value, _ := at(root, keys...)
	found, ok := value.(map[string]any)
	if !ok {
		t.Fatalf("no object at %q", keys)
	}
	return found
}

func schemaOf(t testing.TB, root map[string]any, name string) map[string]any {
	t.Helper()
	return object(t, root, "components", "schemas", name)
}
