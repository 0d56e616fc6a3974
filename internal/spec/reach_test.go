package spec

import (
	"strings"
	"testing"
)

func ref(name string) map[string]any { return map[string]any{"$ref": "#/components/schemas/" + name} }

func list(item any) map[string]any { return map[string]any{"type": "array", "items": item} }

func TestReferencesThatAreRefused(t *testing.T) {
	for _, test := range []struct {
		name string
		ref  any
		want string
	}{
		{"dangling", "#/components/schemas/Nope", "leads nowhere"},
		{"dangling within", "#/components/schemas/Line/properties/nope", "leads nowhere"},
		{"another file", "other.json#/components/schemas/Line", "does not point within the document"},
		{"a URL", "https://orders.example/spec.json", "does not point within the document"},
		{"no pointer", "#Line", "does not point within the document"},
		{"not a string", 7.0, "does not point within the document"},
		{"not a component", "#/paths/~1v1~1orders/post", "does not point at a component"},
		{"a whole section", "#/components/schemas", "does not point at a component"},
	} {
		t.Run(test.name, func(t *testing.T) {
			upstream := orders(t, func(root map[string]any) {
				object(t, schemaOf(t, root, "Order"), "properties", "lines")["items"] = map[string]any{"$ref": test.ref}
			})
			_, err := Trim(upstream, ordersKept(t), ordersOverlay(t), "")
			const pointer = "spec: #/components/schemas/Order/properties/lines/items/$ref: "
			if err == nil || !strings.HasPrefix(err.Error(), pointer) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s...%s", err, pointer, test.want)
			}
		})
	}
}

func TestReferencesThatAreFollowed(t *testing.T) {
	document := trimOrders(t, func(root map[string]any) {
		properties := object(t, schemaOf(t, root, "Order"), "properties")
		properties["$ref"] = map[string]any{"type": "string"} // a property, not a reference
		properties["plain"] = map[string]any{"type": "object", "default": map[string]any{"$ref": "of no meaning"}}
		properties["odd"] = map[string]any{"$ref": "#/components/schemas/odd%2Ename"}
		properties["part"] = map[string]any{"$ref": "#/components/schemas/Line/properties/count"}
		object(t, root, "components", "schemas")["odd.name"] = list(ref("Deep"))
		object(t, root, "components", "schemas")["Deep"] = map[string]any{"type": "integer"}
	})
	for _, name := range []string{"odd.name", "Deep", "Line", "Card", "Cash"} {
		if _, ok := at(document.Root, "components", "schemas", name); !ok {
			t.Errorf("%s was pruned", name)
		}
	}
	for _, name := range []string{"Unkept", "ByPointer", "ByName"} {
		if _, ok := at(document.Root, "components", "schemas", name); ok {
			t.Errorf("%s is reached by nothing and was kept", name)
		}
	}
}

func TestUnknownSecuritySchemeIsRefused(t *testing.T) {
	upstream := orders(t, func(root map[string]any) {
		object(t, root, "paths", "/v1/orders", "post")["security"] = []any{map[string]any{"nope": []any{}}}
	})
	_, err := Trim(upstream, ordersKept(t), ordersOverlay(t), "")
	if err == nil || !strings.Contains(err.Error(), `#/paths/~1v1~1orders/post/security: "#/components/securitySchemes/nope" leads nowhere`) {
		t.Errorf("got %v", err)
	}
}
