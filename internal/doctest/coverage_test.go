package doctest_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/openapi"
)

var update = flag.Bool("update", false, "write docs/coverage.md anew")

// TestCoverageTable makes docs/coverage.md from the OpenAPI document, the code
// and its tests: every operation and every event has a method or type and a test.
func TestCoverageTable(t *testing.T) {
	var page strings.Builder
	page.WriteString("# What is covered, and by which test\n\n" +
		"Made by `go test -count=1 -run TestCoverageTable ./internal/doctest -update`.\n\n" +
		"For every operation, TestSameOperations compares name, path and success with the OpenAPI\n" +
		"document, and TestEveryListedStatus goes through each status that it lists.\n\n" +
		"| operation | call | method of wrapper | tests |\n|---|---|---|---|\n")
	for _, row := range operationRows(t) {
		page.WriteString(row)
	}
	page.WriteString("\n| data.type | Go type in notification | fixture | test |\n|---|---|---|---|\n")
	for _, row := range eventRows(t) {
		page.WriteString(row)
	}
	if *update {
		if err := os.WriteFile("docs/coverage.md", []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile("docs/coverage.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(committed) != page.String() {
		t.Error("docs/coverage.md is not what the code says; write it anew with -update")
	}
}

// operationRows has a row for each operation of the document.
func operationRows(t *testing.T) []string {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromData(openapi.AppStoreConnect())
	if err != nil {
		t.Fatal(err)
	}
	methods, tested := methodsByOperation(t), testedMethods(t)
	var rows []string
	for path, item := range document.Paths.Map() {
		for method, operation := range item.Operations() {
			id := operation.OperationID
			names := methods[id]
			if len(names) == 0 {
				t.Errorf("no method of wrapper calls %s", id)
			}
			tests := map[string]bool{}
			for _, name := range names {
				for _, test := range tested[name] {
					tests[test] = true
				}
			}
			if len(tests) == 0 {
				t.Errorf("no test calls %v", names)
			}
			first := slices.Sorted(maps.Keys(tests))
			rows = append(rows, fmt.Sprintf("| %s | %s %s | %s | %s |\n",
				id, method, path, strings.Join(names, ", "), strings.Join(first[:min(3, len(first))], ", ")))
		}
	}
	slices.Sort(rows)
	return rows
}

// methodsByOperation finds which exported methods name an operationId, or call
// an unexported one that does.
func methodsByOperation(t *testing.T) map[string][]string {
	t.Helper()
	named, calls := map[string]string{}, map[string][]string{} // id -> Type.method; Type.method -> exported callers
	for _, function := range functions(t, "wrapper/*.go", false) {
		if function.Recv == nil {
			continue
		}
		receiver := receiverOf(function)
		ast.Inspect(function.Body, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.BasicLit:
				if id, err := strconv.Unquote(node.Value); err == nil && strings.Contains(id, "_") {
					named[id] = receiver + "." + function.Name.Name
				}
			case *ast.SelectorExpr:
				if x, ok := node.X.(*ast.Ident); ok && x.Name == "s" && function.Name.IsExported() {
					called := receiver + "." + node.Sel.Name
					calls[called] = append(calls[called], receiver+"."+function.Name.Name)
				}
			}
			return true
		})
	}
	methods := map[string][]string{}
	for id, method := range named {
		methods[id] = []string{method}
		if _, name, _ := strings.Cut(method, "."); !ast.IsExported(name) {
			methods[id] = slices.Compact(slices.Sorted(slices.Values(calls[method])))
		}
	}
	return methods
}

func receiverOf(function *ast.FuncDecl) string {
	kind := function.Recv.List[0].Type
	if star, ok := kind.(*ast.StarExpr); ok {
		kind = star.X
	}
	if name, ok := kind.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

// testedMethods finds which tests and examples of wrapper call client.Type.Method.
func testedMethods(t *testing.T) map[string][]string {
	t.Helper()
	tested := map[string][]string{}
	for _, function := range functions(t, "wrapper/*_test.go", true) {
		name := function.Name.Name
		if !strings.HasPrefix(name, "Test") && !strings.HasPrefix(name, "Example") {
			continue
		}
		ast.Inspect(function.Body, func(node ast.Node) bool {
			outer, ok := node.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if inner, ok := outer.X.(*ast.SelectorExpr); ok {
				method := inner.Sel.Name + "." + outer.Sel.Name
				if !slices.Contains(tested[method], name) {
					tested[method] = append(tested[method], name)
				}
			}
			return true
		})
	}
	return tested
}

func functions(t *testing.T, pattern string, tests bool) (all []*ast.FuncDecl) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") != tests {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok && function.Body != nil {
				all = append(all, function)
			}
		}
	}
	return all
}

// eventRows has a row for each fixture of a notification, and fails for an
// event type of the document that has none.
func eventRows(t *testing.T) (rows []string) {
	t.Helper()
	files, err := filepath.Glob("notification/testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	fixtures := map[string]bool{}
	for _, name := range files {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var told struct{ Data struct{ Type string } }
		if err := json.Unmarshal(body, &told); err != nil {
			t.Fatal(err)
		}
		n, err := notification.Decode(body)
		if err != nil || n.Event == nil {
			t.Errorf("%s has no typed event: %v", name, err)
			continue
		}
		fixtures[strings.ToUpper(told.Data.Type)] = true
		test := "TestDecodeFixtures"
		if strings.ToLower(told.Data.Type[:1]) == told.Data.Type[:1] {
			test = "TestDecodeWebhookEvents"
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s |\n", told.Data.Type,
			strings.TrimPrefix(fmt.Sprintf("%T", n.Event), "*notification."), filepath.Base(name), test))
	}
	document, err := openapi3.NewLoader().LoadFromData(openapi.AppStoreConnect())
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range document.Components.Schemas["WebhookEventType"].Value.Enum {
		if !fixtures[strings.ReplaceAll(fmt.Sprint(value), "_", "")] {
			t.Errorf("%v has no fixture", value)
		}
	}
	slices.Sort(rows)
	return rows
}
