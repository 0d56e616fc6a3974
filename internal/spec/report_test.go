package spec

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
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
		{"compatible", Report{From: "1", To: "2",
			Changes: []Change{{Text: "endpoint deprecated", Details: []string{"GET /a", "POST /a"}}},
			Go:      []Change{{Text: "compiles with the new gen"}},
		}, Compatible, `App Store Connect API 1 -> 2: compatible

oasdiff changelog
  compatible  endpoint deprecated
              GET /a
              POST /a

Go names of gen, and what compiles
  compatible  compiles with the new gen
`},
		{"breaking", Report{From: "1", To: "2",
			Silent: []Change{{Text: "#/servers: dropped", Details: []string{"servers:", "    deleted: []"}, Breaking: true}},
			Go:     []Change{{Text: "A.B: removed", Breaking: true}, {Text: "A.C: added"}},
		}, Breaking, `App Store Connect API 1 -> 2: breaking

oasdiff diff, where its changelog says nothing
  breaking    #/servers: dropped
              servers:
                  deleted: []

Go names of gen, and what compiles
  breaking    A.B: removed
  compatible  A.C: added
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
		{Text: "(*Client).Cancel: removed", Breaking: true},
		{Text: "Order.Title: changed from string to int", Breaking: true},
		{Text: "Order.State: added"},
	}
	if got := nameChanges([]byte(output)); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if got := nameChanges([]byte("\n")); got != nil {
		t.Errorf("of nothing: %+v", got)
	}
}

func TestCompileUsesTheNewGen(t *testing.T) {
	root, temp := t.TempDir(), t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(root+"/go.mod", "module m\n\ngo 1.26\n")
	write(root+"/gen/gen.go", "package gen\n\nconst A = 1\n")
	write(root+"/a.go", "package m\n\nimport \"m/gen\"\n\nvar a int = gen.A\n")
	write(temp+"/after/gen/gen.go", "package gen\n\nconst A = 2\n")
	if err := compile(t.Context(), root, temp); err != nil {
		t.Error(err)
	}
	write(temp+"/after/gen/gen.go", "package gen\n\nconst B = 1\n")
	if err := compile(t.Context(), root, temp); err == nil || !strings.Contains(err.Error(), "a.go:5:17: undefined: gen.A") {
		t.Errorf("got %v", err)
	}
}
