package spec

import (
	"strings"
	"testing"
)

// Where the corrections of testdata/overlay.yaml apply.
const items = "$.components.schemas.ErrorResponse.properties.errors.items"

func TestCorrectionsThatDoNotFit(t *testing.T) {
	for _, test := range []struct {
		name string
		edit func(root map[string]any)
		want string // the first that does not fit
	}{
		{"all fit", nil, ""},
		{"upstream has something else there", func(root map[string]any) {
			object(t, problem(t, root), "properties")["causes"] = text()
		}, ""},
		{"upstream no longer requires it", func(root map[string]any) {
			problem(t, root)["required"] = []any{"code"}
		}, `correction "detail may be missing": ` + items + ".required[?@ == 'detail'] is not there"},
		{"upstream has what both actions make", func(root map[string]any) {
			object(t, problem(t, root), "properties")["where"] = map[string]any{
				"type":       "object",
				"properties": map[string]any{"name": text(), "pointer": text(), "header": text()},
			}
		}, `correction "where may be both": ` + items + ".properties.where.oneOf is not there"},
		{"only the update has nothing to do", func(root map[string]any) {
			where := object(t, problem(t, root), "properties", "where")
			where["type"], where["properties"] = "object", map[string]any{"name": text(), "pointer": text()}
		}, `correction "where may be both": ` + items + ".properties.where is no longer what it corrects"},
		{"upstream has more than we add", func(root map[string]any) {
			causes := list(ref("ErrorResponse"))
			causes["maxItems"] = 3
			object(t, problem(t, root), "properties")["causes"] = causes
		}, `correction "problems nest": ` + ""},
		{"only the removal has nothing to do", func(root map[string]any) {
			object(t, problem(t, root), "properties")["where"] = map[string]any{"type": "object"}
		}, `correction "where may be both": ` + items + ".properties.where.oneOf is not there"},
		{"the list is gone", func(root map[string]any) {
			delete(problem(t, root), "required")
		}, `correction "detail may be missing": ` + items + ".required[?@ == 'detail'] is not there"},
	} {
		t.Run(test.name, func(t *testing.T) {
			document := trimOrders(t, test.edit)
			if test.want == "" {
				if document.Unfit != nil || document.Err() != nil {
					t.Fatal(document.Unfit, document.Err())
				}
				return
			}
			if len(document.Unfit) == 0 || !strings.HasPrefix(document.Unfit[0], test.want) {
				t.Fatalf("got %q, want %s", document.Unfit, test.want)
			}
			if err := document.Err(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error does not name the correction: %v", err)
			}
		})
	}
}

func text() map[string]any { return map[string]any{"type": "string"} }

func problem(t *testing.T, root map[string]any) map[string]any {
	t.Helper()
	return object(t, root, "components", "schemas", "ErrorResponse", "properties", "errors", "items")
}

func TestCorrectionThatDoesNotFitIsLeftOutWhole(t *testing.T) {
	document := trimOrders(t, func(root map[string]any) {
		object(t, problem(t, root), "properties")["where"] = map[string]any{"type": "object"}
	})
	if _, ok := at(problem(t, document.Root), "properties", "where", "properties"); ok {
		t.Error("half of the correction was applied")
	}
}

func TestOverlayThatMakesADanglingReferenceIsRefused(t *testing.T) {
	dangling := strings.ReplaceAll(string(readTestdata(t, "overlay.yaml")), "schemas/ErrorResponse'", "schemas/Nope'")
	overlay, err := parseOverlay([]byte(dangling))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Trim(orders(t, nil), ordersKept(t), overlay, "")
	want := "after the corrections: #/components/schemas/ErrorResponse/properties/errors/items/properties/causes/items/$ref"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v", err)
	}
}

func TestOverlaysThatAreRefused(t *testing.T) {
	head := "overlay: 1.0.0\nx-speakeasy-jsonpath: rfc9535\ninfo: {title: t, version: '1'}\nactions:\n"
	for _, test := range []struct{ text, want string }{
		{"[", "yaml"},
		{"overlay: 1.0.0\ninfo: {title: t, version: '1'}\nactions: [{target: $.a, description: d, remove: true}]", "rfc9535 is missing"},
		{head + "- {target: $.a, remove: true}", "has no description"},
		{head + "- {target: '$.a[', description: d, remove: true}", "action 1"},
		{head + "- {target: $.a, description: d}", "must either update or remove"},
		{head + "- {target: $.a, description: d, remove: true, update: {b: 1}}", "both set remove and define update"},
	} {
		if _, err := parseOverlay([]byte(test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s\ngot %v, want %q", test.text, err, test.want)
		}
	}
}

func TestKeptListsThatAreRefused(t *testing.T) {
	const head = "info: {title: t}\n"
	for _, test := range []struct{ text, want string }{
		{"operations: {a: b}\ndeprecated: d", "a title is needed"},
		{"info: {description: d}\noperations: {a: b}\ndeprecated: d", "a title is needed"},
		{head + "operations: {}\ndeprecated: d", "at least one operationId"},
		{head + "operations: {a: ''}\ndeprecated: d", "a has no summary"},
		{head + "operations: {a: b}", "a reason is needed"},
		{head + "operation: {a: b}", "field operation not found"},
		{head + "operations: {a: {summary: b, retire: true}}\ndeprecated: d", "field retire not found"},
		{head + "operations: {a: {summary: b, retired: 3}}\ndeprecated: d", "cannot unmarshal !!int `3` into bool"},
		{head + "operations: {a: {retired: true}}\ndeprecated: d", "a has no summary"},
		{head + "operations: {a: [b]}\ndeprecated: d", "cannot unmarshal !!seq"},
	} {
		if _, err := parseKept([]byte(test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s\ngot %v, want %q", test.text, err, test.want)
		}
	}
}
