package spec

import (
	"strings"
	"testing"
)

func TestLedger(t *testing.T) {
	for _, test := range []struct {
		name string
		edit func(root map[string]any)
		want string // the one problem
	}{
		{"all fit", nil, ""},
		{"upstream has something else there", func(root map[string]any) {
			object(t, problem(t, root), "properties")["causes"] = text()
		}, ""},
		{"upstream no longer requires it", func(root map[string]any) {
			problem(t, root)["required"] = []any{"code"}
		}, "without a target  detail may be missing: $.components.schemas.Problem.required[?@ == 'detail'] is not there"},
		{"upstream has what both actions make", func(root map[string]any) {
			object(t, problem(t, root), "properties")["where"] = map[string]any{
				"type":       "object",
				"properties": map[string]any{"name": text(), "pointer": text(), "header": text()},
			}
		}, "without a target  where may be both: $.components.schemas.Where.oneOf is not there"},
		{"only the update has nothing to do", func(root map[string]any) {
			where := object(t, problem(t, root), "properties", "where")
			where["type"], where["properties"] = "object", map[string]any{"name": text(), "pointer": text()}
		}, "without a target  where may be both: $.components.schemas.Where is no longer what it corrects"},
		{"upstream has more than we add", func(root map[string]any) {
			causes := list(ref("Problem"))
			causes["maxItems"] = 3
			errors := object(t, root, "components", "schemas", "ErrorResponse", "properties", "errors")
			object(t, root, "components", "schemas")["Problem"] = errors["items"]
			object(t, schemaOf(t, root, "Problem"), "properties")["causes"] = causes
			errors["items"] = ref("Problem")
		}, "no longer needed  problems nest: "},
		{"only the removal has nothing to do", func(root map[string]any) {
			object(t, problem(t, root), "properties")["where"] = map[string]any{"type": "object"}
		}, "without a target  where may be both: $.components.schemas.Where.oneOf is not there"},
		{"the list is gone", func(root map[string]any) {
			delete(problem(t, root), "required")
		}, "without a target  detail may be missing: $.components.schemas.Problem.required[?@ == 'detail'] is not there"},
		{"upstream uses the name for something else", func(root map[string]any) {
			object(t, root, "components", "schemas")["Where"] = map[string]any{"type": "string"}
			object(t, problem(t, root), "properties")["old"] = ref("Where")
		}, "without a target  Where has a name of its own: upstream has another schema called Where"},
		{"upstream gives another name", func(root map[string]any) {
			object(t, problem(t, root), "properties")["where"] = ref("ByName")
		}, "without a target  Where has a name of its own: #/components/schemas/Problem/properties/where is #/components/schemas/ByName upstream"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, ledger, err := Trim(orders(t, test.edit), ordersKept(t), ordersOverlay(t))
			if err != nil {
				t.Fatal(err)
			}
			if test.want == "" {
				if len(ledger) != 5 || ledger.Problems() != nil || ledger.Err() != nil {
					t.Fatalf("ledger: %v", ledger)
				}
				return
			}
			problems := ledger.Problems()
			if len(problems) == 0 || !strings.HasPrefix(problems[0].String(), test.want) {
				t.Fatalf("problems: %v\nwant %s", problems, test.want)
			}
			if err := ledger.Err(); err == nil || !strings.Contains(err.Error(), problems[0].Correction) {
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
	document, _ := trimOrders(t, func(root map[string]any) {
		object(t, problem(t, root), "properties")["where"] = map[string]any{"type": "object"}
	})
	if _, ok := at(document.Root, "components", "schemas", "Where", "properties"); ok {
		t.Error("half of the correction was applied")
	}
}

func TestOverlayThatMakesADanglingReferenceIsRefused(t *testing.T) {
	dangling := strings.ReplaceAll(string(readTestdata(t, "overlay.yaml")), "schemas/Problem'", "schemas/Nope'")
	overlay, err := parseOverlay([]byte(dangling))
	if err != nil {
		t.Fatal(err)
	}
	_, ledger, err := Trim(orders(t, nil), ordersKept(t), overlay)
	if err == nil || !strings.Contains(err.Error(), "after the corrections: #/components/schemas/Problem/properties/causes/items/$ref") {
		t.Errorf("got %v", err)
	}
	if len(ledger) != 5 {
		t.Errorf("the ledger is lost: %v", ledger)
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
	} {
		if _, err := parseKept([]byte(test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s\ngot %v, want %q", test.text, err, test.want)
		}
	}
}
