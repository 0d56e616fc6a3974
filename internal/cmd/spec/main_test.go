package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const document = `{"openapi":"3.0.1","info":{"version":"1.0.0"},"components":{"schemas":{
	"Order":{"type":"object","required":["id"],"properties":{"id":{"type":"string"}}}}},
	"paths":{"/orders":{"get":{"operationId":"orders_list","responses":{"200":{"description":"d",
	"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Order"}}}}}}}}}`

const overlay = `overlay: 1.0.0
x-speakeasy-jsonpath: rfc9535
info: {title: t, version: '1'}
actions:
  - description: an order may lack its id
    target: $.components.schemas.Order.required[?@ == 'id']
    remove: true
`

const before = "what was committed before\n"

// inModule makes a directory with the files that the command reads and writes its current one.
func inModule(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.Mkdir("openapi", 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, "openapi/kept.yaml", "info: {title: t}\noperations: {orders_list: List the orders.}\ndeprecated: d\n")
	write(t, "openapi/overlay.yaml", overlay)
	write(t, "openapi/app-store-connect.yaml", before)
	write(t, "upstream.json", document)
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestTrim(t *testing.T) {
	inModule(t)
	code, stdout, stderr := command(t, "trim", "upstream.json")
	if code != 0 || stderr != "" {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	want := "applied           an order may lack its id\n" +
		"wrote openapi/app-store-connect.yaml, API version 1.0.0\n"
	if stdout != want {
		t.Errorf("says %q", stdout)
	}
	first := read(t, "openapi/app-store-connect.yaml")
	if !strings.Contains(first, "summary: List the orders.") || strings.Contains(first, "required") {
		t.Errorf("wrote\n%s", first)
	}
	if code, _, _ := command(t, "trim", "upstream.json"); code != 0 || read(t, "openapi/app-store-connect.yaml") != first {
		t.Errorf("the second time: exit %d, other bytes", code)
	}
	if code, stdout, stderr := command(t, "diff", "upstream.json"); code != 0 || stdout != "App Store Connect API 1.0.0 -> 1.0.0\nnothing changes\n" {
		t.Errorf("diff afterwards: exit %d: %s%s", code, stdout, stderr)
	}
}

func TestTrimThatFailsWritesNothing(t *testing.T) {
	for _, test := range []struct{ name, upstream, overlay, want string }{
		{"missing operation", strings.Replace(document, "orders_list", "orders_all", 1), overlay,
			"spec: nothing written: API version 1.0.0 lacks the operations orders_list; remove them from kept.yaml, or mark them retired to keep their form\n"},
		{"truncated", document[:200], overlay, "spec: upstream.json: the JSON is cut short after 200 bytes\n"},
		{"dangling $ref", strings.Replace(document, "schemas/Order", "schemas/Nope", 1), overlay,
			"spec: #/paths/~1orders/get/responses/200/content/application~1json/schema/$ref: \"#/components/schemas/Nope\" leads nowhere\n"},
		{"invalid", strings.Replace(document, `"type":"string"`, `"type":"text"`, 1), overlay,
			"spec: after the corrections: invalid components: "},
		{"taken over upstream", strings.Replace(document, `"required":["id"]`, `"required":["name"]`, 1), overlay,
			"spec: nothing written: correction \"an order may lack its id\" is without a target\n"},
		{"without a target", document, strings.Replace(overlay, "schemas.Order", "schemas.Cart", 1),
			"spec: nothing written: correction \"an order may lack its id\" is without a target\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			inModule(t)
			write(t, "upstream.json", test.upstream)
			write(t, "openapi/overlay.yaml", test.overlay)
			code, _, stderr := command(t, "trim", "upstream.json")
			if code != 1 || !strings.HasPrefix(stderr, test.want) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("exit %d: %s\nwant %s", code, stderr, test.want)
			}
			if read(t, "openapi/app-store-connect.yaml") != before {
				t.Error("the document was written")
			}
			if entries, _ := filepath.Glob("openapi/*"); len(entries) != 3 {
				t.Errorf("left behind: %q", entries)
			}
		})
	}
}

func TestDiffReportsTheLedgerAndGoesOn(t *testing.T) {
	inModule(t)
	if code, _, stderr := command(t, "trim", "upstream.json"); code != 0 {
		t.Fatal(stderr)
	}
	write(t, "upstream.json", strings.Replace(document, `"required":["id"]`, `"required":[]`, 1))
	code, stdout, stderr := command(t, "diff", "upstream.json")
	want := "App Store Connect API 1.0.0 -> 1.0.0\n" +
		"correction without a target  an order may lack its id: $.components.schemas.Order.required[?@ == 'id'] is not there\n"
	if code != 2 || stdout != want {
		t.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
}

func TestWrongUsage(t *testing.T) {
	inModule(t)
	for _, args := range [][]string{
		nil, {"trim"}, {"trim", ""}, {"trim", "a", "b"}, {"trim", "-from", "a", "b"}, {"diff"}, {"check", "a"}, {"diff", "-x", "a"},
	} {
		if code, _, stderr := command(t, args...); code != 1 || !strings.Contains(stderr, "usage: spec trim UPSTREAM") {
			t.Errorf("%q: exit %d: %s", args, code, stderr)
		}
	}
	for _, args := range [][]string{{"trim", "missing"}, {"diff", "missing"}, {"diff", "-from", "missing", "upstream.json"}} {
		if code, _, stderr := command(t, args...); code != 1 || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q: exit %d: %s", args, code, stderr)
		}
	}
}
