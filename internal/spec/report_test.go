package spec

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func TestReport(t *testing.T) {
	problem := Ledger{{"where may be both", NotNeeded, "upstream has it"}, {"all is well", Applied, ""}}
	for _, test := range []struct {
		name    string
		report  Report
		verdict Verdict
		text    string
	}{
		{"nothing", Report{From: "1", To: "2", FromLedger: problem}, Nothing, `App Store Connect API 1 -> 2: nothing changes

corrections that do not fit 1
  no longer needed  where may be both: upstream has it
`},
		{"an overlay to edit", Report{From: "1", To: "2", ToLedger: problem}, Compatible, `App Store Connect API 1 -> 2: compatible

corrections that do not fit 2
  no longer needed  where may be both: upstream has it
`},
		{"compatible", Report{From: "1", To: "2", Changes: []Change{
			{Group: "GET /a", Text: "deprecated"}, {Group: "GET /a", Text: "response 429 added"},
			{Group: "schema A", Text: "b added (string)"},
		}}, Compatible, `App Store Connect API 1 -> 2: compatible

GET /a
  compatible  deprecated
  compatible  response 429 added

schema A
  compatible  b added (string)

Go names of gen
  none changes

wrapper
  compiles against the new gen
`},
		{"breaking", Report{From: "1", To: "2",
			Changes: []Change{{Group: "GET /a", Text: "deprecated"}},
			Names:   []Change{{Text: "A.B: removed", Breaking: true}, {Text: "A.C: added"}},
			Build:   []Change{{Text: "does not compile: wrapper/get.go:7:2: a.B undefined", Breaking: true}},
		}, Breaking, `App Store Connect API 1 -> 2: breaking

GET /a
  compatible  deprecated

Go names of gen
  breaking    A.B: removed
  compatible  A.C: added

wrapper
  breaking    does not compile: wrapper/get.go:7:2: a.B undefined
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.report.Verdict(); got != test.verdict {
				t.Errorf("verdict %v, want %v", got, test.verdict)
			}
			if got := test.report.String(); got != test.text {
				t.Errorf("got\n%s\nwant\n%s", got, test.text)
			}
		})
	}
}

func TestNameChanges(t *testing.T) {
	const output = `
Incompatible changes:
- (*Client).Cancel: removed
- Order.Title: changed from string to int
Compatible changes:
- Order.State: added
`
	want := []Change{
		{Group: goNames, Text: "(*Client).Cancel: removed", Breaking: true},
		{Group: goNames, Text: "Order.Title: changed from string to int", Breaking: true},
		{Group: goNames, Text: "Order.State: added"},
	}
	if got := nameChanges([]byte(output)); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if got := nameChanges([]byte("\n")); got != nil {
		t.Errorf("of nothing: %+v", got)
	}
}

func TestCopyModuleLeavesBuildsAndDotsBehind(t *testing.T) {
	root, dir := t.TempDir(), t.TempDir()
	for _, name := range []string{"go.mod", "gen/gen.go", "gen/bin/kept.go", ".git/config", "bin/spec", "dist/a.zip"} {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("content"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := copyModule(root, dir); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, pattern := range []string{"*", "*/*", "*/*/*"} {
		found, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, name := range found {
			if info, err := os.Stat(name); err == nil && !info.IsDir() {
				name, _ = filepath.Rel(dir, name)
				got = append(got, name)
			}
		}
	}
	if want := []string{"go.mod", "gen/gen.go", "gen/bin/kept.go"}; !reflect.DeepEqual(got, want) {
		t.Errorf("copied %q", got)
	}
}

func TestCompilesTellsWhatDoesNot(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module m\n\ngo 1.26\n", "a.go": "package m\n\nvar a int = \"\"\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := compiles(t.Context(), dir)
	if len(got) != 1 || !got[0].Breaking || got[0].Text[:29] != "does not compile: ./a.go:3:13" {
		t.Errorf("got %+v", got)
	}
	if err := os.Remove(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatal(err)
	}
	if got := compiles(t.Context(), dir); len(got) != 1 || !got[0].Breaking {
		t.Errorf("without a module: %+v", got)
	}
}
