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

func command(t *testing.T, args ...string) (code int, stdout, failure string) {
	t.Helper()
	var out bytes.Buffer
	code, err := run(t.Context(), args, &out)
	if err != nil {
		failure = err.Error()
	}
	return code, out.String(), failure
}

func TestTrim(t *testing.T) {
	inModule(t)
	code, stdout, failure := command(t, "trim", "upstream.json")
	if code != 0 || failure != "" {
		t.Fatalf("exit %d: %s", code, failure)
	}
	want := "wrote openapi/app-store-connect.yaml, API version 1.0.0\n"
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
	same := "App Store Connect API 1.0.0 -> 1.0.0\n\nThe trimmed documents are the same.\n"
	if code, stdout, failure := command(t, "diff", "upstream.json"); code != 0 || stdout != same {
		t.Errorf("diff afterwards: exit %d: %s%s", code, stdout, failure)
	}
}

func TestTrimThatFailsWritesNothing(t *testing.T) {
	for _, test := range []struct{ name, upstream, overlay, want string }{
		{"missing operation", strings.Replace(document, "orders_list", "orders_all", 1), overlay,
			"spec: nothing written: Apple's document lacks orders_list: in kept.yaml, remove it or mark it retired; correction "},
		{"truncated", document[:200], overlay, "spec: upstream.json: the JSON is cut short after 200 bytes"},
		{"dangling $ref", strings.Replace(document, "schemas/Order", "schemas/Nope", 1), overlay,
			"spec: #/paths/~1orders/get/responses/200/content/application~1json/schema/$ref: \"#/components/schemas/Nope\" leads nowhere"},
		{"invalid", strings.Replace(document, `"type":"string"`, `"type":"text"`, 1), overlay,
			"spec: after the corrections: invalid components: "},
		{"taken over upstream", strings.Replace(document, `"required":["id"]`, `"required":["name"]`, 1), overlay,
			"spec: nothing written: correction \"an order may lack its id\": $.components.schemas."},
		{"without a target", document, strings.Replace(overlay, "schemas.Order", "schemas.Cart", 1),
			"spec: nothing written: correction \"an order may lack its id\": $.components.schemas."},
	} {
		t.Run(test.name, func(t *testing.T) {
			inModule(t)
			write(t, "upstream.json", test.upstream)
			write(t, "openapi/overlay.yaml", test.overlay)
			code, _, failure := command(t, "trim", "upstream.json")
			if code != 1 || !strings.HasPrefix(failure, test.want) || strings.Contains(failure, "\n") {
				t.Errorf("exit %d: %s\nwant %s", code, failure, test.want)
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

func TestDiffNamesCorrectionsThatDoNotFit(t *testing.T) {
	inModule(t)
	if code, _, failure := command(t, "trim", "upstream.json"); code != 0 {
		t.Fatal(failure)
	}
	write(t, "upstream.json", strings.Replace(document, `"required":["id"]`, `"required":[]`, 1))
	code, stdout, failure := command(t, "diff", "upstream.json")
	want := `App Store Connect API 1.0.0 -> 1.0.0

Corrections that no longer fit

correction "an order may lack its id": $.components.schemas.Order.required[?@ == 'id'] is not there

The trimmed documents are the same.
`
	if code != 2 || stdout != want {
		t.Errorf("exit %d: %s%s", code, stdout, failure)
	}
}

func TestWrongUsage(t *testing.T) {
	inModule(t)
	for _, args := range [][]string{nil, {"trim"}, {"trim", ""}, {"trim", "a", "b"}, {"diff"}, {"check", "a"}} {
		if code, _, failure := command(t, args...); code != 1 || !strings.Contains(failure, "usage: spec trim UPSTREAM") {
			t.Errorf("%q: exit %d: %s", args, code, failure)
		}
	}
}

func TestMissingFilesAreNamed(t *testing.T) {
	inModule(t)
	for _, test := range []struct{ args, want string }{
		{"trim missing", "open missing: "},
		{"diff upstream.json", "spec: openapi/app-store-connect.yaml: "}, // not a document yet
	} {
		code, _, failure := command(t, strings.Fields(test.args)...)
		if code != 1 || !strings.Contains(failure, test.want) {
			t.Errorf("%s: exit %d: %s", test.args, code, failure)
		}
	}
}
