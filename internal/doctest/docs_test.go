package doctest_test

// Links, names, paths and the list of errors are checked here, code blocks in
// docs_go_test.go and docs_shell_test.go.

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// document is a Markdown file, its code blocks apart from its prose.
type document struct {
	name   string
	prose  string
	blocks []codeBlock
}

type codeBlock struct {
	file     string
	line     int
	language string
	text     string
}

// documents reads the files that the patterns match.
func documents(t *testing.T, patterns ...string) []document {
	t.Helper()
	var found []document
	for _, pattern := range patterns {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			found = append(found, read(t, name))
		}
	}
	return found
}

func read(t *testing.T, name string) document {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	d := document{name: name}
	var open *codeBlock
	indent := "" // of the block, when it belongs to a list's item
	for i, line := range strings.Split(string(content), "\n") {
		language, mark := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case mark && open == nil:
			open = &codeBlock{file: name, line: i + 1, language: language}
			indent, _, _ = strings.Cut(line, "`")
		case mark:
			d.blocks, open = append(d.blocks, *open), nil
		case open != nil:
			open.text += strings.TrimPrefix(line, indent) + "\n"
		default:
			d.prose += line + "\n"
		}
	}
	if open != nil {
		t.Errorf("%s:%d: this code block is never closed", name, open.line)
	}
	return d
}

// teaching are the documents whose code is run. upToDate leaves out the
// changelog, which also names what was removed.
var (
	teaching      = []string{"README.md", "docs/*.md", "examples/*/README.md"}
	upToDate      = append([]string{"CONTRIBUTING.md", "SECURITY.md"}, teaching...)
	everyDocument = append([]string{"CHANGELOG.md"}, upToDate...)
)

var inlineCode = regexp.MustCompile("`([^`\n]+)`")

func (d document) codes() (codes []string) {
	for _, match := range inlineCode.FindAllStringSubmatch(d.prose, -1) {
		codes = append(codes, match[1])
	}
	return codes
}

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)\s#]+)[^)]*\)`)
	file := regexp.MustCompile(`^\.?\w[\w./-]*/[\w.-]+\.(go|md|tmpl|yaml|yml)$`)
	for _, d := range documents(t, everyDocument...) {
		for _, match := range link.FindAllStringSubmatch(d.prose, -1) {
			target := match[1]
			if strings.Contains(target, ":") {
				continue // not a file
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(d.name), target)); err != nil {
				t.Errorf("%s links to %s, which does not exist", d.name, target)
			}
		}
		for _, code := range d.codes() {
			if _, err := os.Stat(code); file.MatchString(code) && err != nil {
				t.Errorf("%s names the file %s, which does not exist", d.name, code)
			}
		}
	}
}

var packages = []string{"auth", "wrapper", "notification", "asctest", "openapi"}

func TestNamesExist(t *testing.T) {
	t.Parallel()
	exported := map[string]bool{}
	for _, pkg := range packages {
		for _, name := range exportedNames(t, pkg) {
			exported[name] = true
		}
	}
	name := regexp.MustCompile(`\b(?:` + strings.Join(packages, "|") + `)\.[A-Z]\w*(?:\.[A-Z]\w*)?`)
	for _, d := range documents(t, upToDate...) {
		for _, code := range d.codes() {
			for _, used := range name.FindAllString(code, -1) {
				if !exported[used] {
					t.Errorf("%s names %s, which does not exist", d.name, used)
				}
			}
		}
	}
}

// TestEveryErrorIsExplained checks that docs/errors.md is complete.
func TestEveryErrorIsExplained(t *testing.T) {
	t.Parallel()
	explained := strings.Join(read(t, "docs/errors.md").codes(), "\n") + "\n"
	isError := regexp.MustCompile(`^\w+\.(Err[A-Z]\w*|[A-Z]\w*Error)$`)
	for _, pkg := range []string{"auth", "wrapper", "notification"} {
		for _, name := range exportedNames(t, pkg) {
			if isError.MatchString(name) && !strings.Contains(explained, name+"\n") {
				t.Errorf("docs/errors.md does not explain %s", name)
			}
		}
	}
}

// exportedNames returns a package's names as pkg.Name and pkg.Type.Member.
func exportedNames(t *testing.T, pkg string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(pkg, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no Go files, %v", pkg, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			for _, name := range declared(decl) {
				typ, member, _ := strings.Cut(name, ".")
				if ast.IsExported(typ) && (member == "" || ast.IsExported(member)) {
					names = append(names, pkg+"."+name)
				}
			}
		}
	}
	return names
}

func declared(decl ast.Decl) (names []string) {
	if f, ok := decl.(*ast.FuncDecl); ok {
		if f.Recv == nil {
			return []string{f.Name.Name}
		}
		receiver := f.Recv.List[0].Type
		if star, ok := receiver.(*ast.StarExpr); ok {
			receiver = star.X
		}
		if typ, ok := receiver.(*ast.Ident); ok {
			return []string{typ.Name + "." + f.Name.Name}
		}
		return nil
	}
	for _, spec := range decl.(*ast.GenDecl).Specs {
		switch spec := spec.(type) {
		case *ast.ValueSpec:
			for _, name := range spec.Names {
				names = append(names, name.Name)
			}
		case *ast.TypeSpec:
			names = append(names, spec.Name.Name)
			for _, member := range members(spec.Type) {
				names = append(names, spec.Name.Name+"."+member)
			}
		}
	}
	return names
}

func members(typ ast.Expr) (names []string) {
	var fields *ast.FieldList
	switch typ := typ.(type) {
	case *ast.StructType:
		fields = typ.Fields
	case *ast.InterfaceType:
		fields = typ.Methods
	default:
		return nil
	}
	for _, field := range fields.List {
		for _, name := range field.Names {
			names = append(names, name.Name)
		}
	}
	return names
}

func TestNoDocumentNamesAMachine(t *testing.T) {
	t.Parallel()
	elsewhere := regexp.MustCompile(`(^|[^\w.~])/(home|Users|root|tmp|work|var/folders)/\w|\b[A-Z]:\\`)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range documents(t, everyDocument...) {
		text := d.prose
		for _, f := range d.blocks {
			text += f.text
		}
		if found := elsewhere.FindString(text); found != "" || strings.Contains(text, here) {
			t.Errorf("%s names a path on somebody's machine: %s", d.name, cmp.Or(found, here))
		}
	}
}
