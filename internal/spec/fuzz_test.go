package spec

import (
	"reflect"
	"testing"
)

// Whatever Trim accepts reads back as what it returned, and nothing makes it panic.
func FuzzTrim(f *testing.F) {
	f.Add(readTestdata(f, "orders.json"))
	f.Add([]byte(`{"openapi":"3.0.1","info":{"version":"1"},"paths":{},"components":{}}`))
	f.Add([]byte(`{"openapi":"3.0.1","info":{"version":"1"},"components":{"schemas":{"A":{"$ref":"#/components/schemas/A"}}},
		"paths":{"/a":{"get":{"operationId":"orders_create","responses":{"200":{"$ref":"#"}}},
		"put":{"operationId":"orders_delete","responses":[{"$ref":{}}]}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		upstream, err := parseUpstream(data)
		if err != nil {
			return
		}
		document, err := Trim(upstream, ordersKept(t), ordersOverlay(t), "")
		if err != nil {
			return
		}
		back, err := parseDocument(document.YAML)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back.Root, document.Root) {
			t.Errorf("reads back as %v\nnot %v", back.Root, document.Root)
		}
	})
}
