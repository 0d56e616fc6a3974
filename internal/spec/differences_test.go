package spec

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
)

func TestDifferences(t *testing.T) {
	properties := func(t *testing.T, root map[string]any, name string) map[string]any {
		t.Helper()
		return object(t, schemaOf(t, root, name), "properties")
	}
	for _, test := range []struct {
		name string
		edit func(root map[string]any)
		want []string
	}{
		{"nothing", func(map[string]any) {}, nil},
		{"a keyword", func(root map[string]any) {
			properties(t, root, "Order")["title"] = map[string]any{"type": "string", "format": "int32"}
		}, []string{`/components/schemas/Order/properties/title/format: added "int32"`,
			`/components/schemas/Order/properties/title/maxLength: dropped 40`}},
		{"items of a list", func(root map[string]any) {
			properties(t, root, "Order")["state"] = map[string]any{"type": "string", "enum": []any{"lost", "open"}}
		}, []string{`/components/schemas/Order/properties/state/enum: added "lost"`,
			`/components/schemas/Order/properties/state/enum: dropped "closed"`}},
		{"another order", func(root map[string]any) {
			properties(t, root, "Order")["state"] = map[string]any{"type": "string", "enum": []any{"closed", "open"}}
		}, []string{`/components/schemas/Order/properties/state/enum: was ["open","closed"], is ["closed","open"]`}},
		{"a reference", func(root map[string]any) {
			object(t, properties(t, root, "Order"), "lines")["items"] = map[string]any{"type": "string"}
		}, []string{`/components/schemas/Order/properties/lines/items: ` +
			`was {"$ref":"#/components/schemas/Line"}, is {"type":"string"}`}},
		{"parameters in another order", func(root map[string]any) {
			item := object(t, root, "paths", "/v1/orders/{id}")
			old := item["parameters"].([]any)[0].(map[string]any)
			old["schema"] = map[string]any{"type": "integer"}
			item["parameters"] = []any{map[string]any{"name": "sort", "in": "query"}, old}
		}, []string{`/paths/~1v1~1orders~1{id}/parameters/1/schema/type: was "string", is "integer"`,
			`/paths/~1v1~1orders~1{id}/parameters: added {"in":"query","name":"sort"}`}},
		{"a deprecation brings our reason", func(root map[string]any) {
			schemaOf(t, root, "Card")["deprecated"] = true
			schemaOf(t, root, "Card")["x-deprecated-reason"] = "d"
		}, []string{"/components/schemas/Card/deprecated: added true"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			document, _ := trimOrders(t, nil)
			was, now := document.Root, copyOf(document.Root)
			test.edit(now)
			var got []string
			allInOld, allInNew := was, now
			for _, d := range differences(was, now, nil, nil) {
				got = append(got, d.text[1:])
				if reflect.DeepEqual(d.inOld.applied(was), was) || reflect.DeepEqual(d.inNew.applied(now), now) {
					t.Errorf("%s changes nothing when it is applied", d.text)
				}
				allInOld, allInNew = d.inOld.applied(allInOld), d.inNew.applied(allInNew)
			}
			if slices.Sort(got); !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
			if len(got) == 1 && test.name != "a deprecation brings our reason" &&
				(!reflect.DeepEqual(allInOld, now) || !reflect.DeepEqual(allInNew, was)) {
				t.Errorf("the one difference makes %v\nand taken back %v", allInOld, allInNew)
			}
		})
	}
}

func TestShortened(t *testing.T) {
	long := ""
	for i := range 40 {
		long += fmt.Sprintf("line %d\n", i)
	}
	if got := shortened([]byte(long)); len(got) != 21 || got[20] != "... and 20 lines more" {
		t.Errorf("got %q", got)
	}
	if got := shortened([]byte("paths:\n  a\nendpoints:\n  again\n")); !slices.Equal(got, []string{"paths:", "  a"}) {
		t.Errorf("got %q", got)
	}
}
