package spec

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

func needTools(t *testing.T) {
	t.Helper()
	if os.Getenv("SPEC_DIFF_TEST") == "" {
		t.Skip("runs tools that the go command fetches: run make spec-test")
	}
}

func TestCompareShowsWhatChanges(t *testing.T) {
	needTools(t)
	root := t.TempDir()
	files := txtar.Parse(readTestdata(t, "module.txtar")).Files
	for _, file := range files {
		name := filepath.Join(root, file.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, file.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name string
		edit func(properties map[string]any)
		want []string // in this order
	}{
		{"a property more", func(properties map[string]any) {
			properties["heading"] = map[string]any{"type": "integer"}
		}, []string{
			"App Store Connect API 1.2.3 -> 1.2.3\n", "\nThe trimmed documents\n", "\n+        heading:\n+          type: integer\n",
			"\noasdiff changelog\n", "added the new optional request property `heading`",
			"\napidiff of gen\n\nCompatible changes:\n- Heading: added\n", "\nThe module compiles and its tests pass.\n",
		}},
		{"a property that goes", func(properties map[string]any) { delete(properties, "title") }, []string{
			"-        title:\n", "removed the request property `title`",
			"\napidiff of gen\n\nIncompatible changes:\n- OrderTitle: removed\n",
			"\nThe module does not compile\n", "undefined: gen.OrderTitle",
		}},
		{"a type that a test refuses", func(properties map[string]any) {
			properties["title"] = map[string]any{"type": "integer"}
		}, []string{"\nThe module compiles, and its tests fail\n", "the title is a integer"}},
		{"a type that the generator refuses", func(properties map[string]any) {
			properties["title"] = map[string]any{"type": "boolean"}
		}, []string{"\nThe generator refuses the new document\n", "a title cannot be true"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			changed := trimOrders(t, func(root map[string]any) {
				test.edit(object(t, schemaOf(t, root, "Order"), "properties"))
			})
			var out bytes.Buffer
			differs, err := Compare(t.Context(), &out, root, trimOrders(t, nil), changed)
			if err != nil || !differs {
				t.Fatalf("differs: %v, %v", differs, err)
			}
			inOrder(t, out.String(), test.want...)
		})
	}
	for _, file := range files {
		if data, err := os.ReadFile(filepath.Join(root, file.Name)); err != nil || !bytes.Equal(data, file.Data) {
			t.Errorf("%s of the module itself has changed: %v", file.Name, err)
		}
	}
}

// inOrder fails unless text has all parts, one after the other.
func inOrder(t *testing.T, text string, parts ...string) {
	t.Helper()
	rest := text
	for _, part := range parts {
		_, after, ok := strings.Cut(rest, part)
		if !ok {
			t.Fatalf("no %q, or not in this order, in\n%s", part, text)
		}
		rest = after
	}
}

// Only the API's version and the checksum differ: that runs nothing.
func TestCompareOfTheSame(t *testing.T) {
	document, other := trimOrders(t, nil), trimOrders(t, nil)
	other.Version, object(t, other.Root, "info")["version"] = "9.9.9", "9.9.9"
	object(t, other.Root, "info")["x-upstream-sha256"] = "another"
	var out bytes.Buffer
	differs, err := Compare(t.Context(), &out, "/nowhere", document, other)
	if err != nil || differs || out.String() != "App Store Connect API 1.2.3 -> 9.9.9\n\nThe trimmed documents are the same.\n" {
		t.Errorf("%v, %v:\n%s", differs, err, &out)
	}
	other.Unfit = []string{"a correction"}
	if differs, err := Compare(t.Context(), io.Discard, "/nowhere", document, other); err != nil || !differs {
		t.Errorf("with a correction that does not fit: %v, %v", differs, err)
	}
}

func TestCompareFailsWithoutAModule(t *testing.T) {
	changed := trimOrders(t, func(root map[string]any) { schemaOf(t, root, "Order")["minProperties"] = 1 })
	if _, err := Compare(t.Context(), io.Discard, "/nowhere", trimOrders(t, nil), changed); err == nil {
		t.Error("no error")
	}
}
