package doctest_test

// Every Go code block of the documents is compiled.

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestEveryCodeBlockHasALanguage(t *testing.T) {
	t.Parallel()
	languages := []string{"go", "js", "json", "mermaid", "python", "sh", "text", "yaml"}
	for _, d := range documents(t, teaching...) {
		for _, f := range d.blocks {
			if !slices.Contains(languages, f.language) {
				t.Errorf("%s:%d: got language %q, want one of %v", f.file, f.line, f.language, languages)
			}
		}
	}
}

// TestPythonAndNodeCodeBlocks: each is part of a file in docs/testdata, which a
// test in docs runs.
func TestPythonAndNodeCodeBlocks(t *testing.T) {
	t.Parallel()
	for language, pattern := range map[string]string{"python": "docs/testdata/*.py", "js": "docs/testdata/*.mjs"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		var all string
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all += string(content)
		}
		for _, f := range blocksOf(t, language) {
			if !strings.Contains(all, "\n"+f.text) {
				t.Errorf("%s:%d: these lines are in no file of docs/testdata", f.file, f.line)
			}
		}
	}
}

func blocksOf(t *testing.T, language string) (found []codeBlock) {
	t.Helper()
	for _, d := range documents(t, teaching...) {
		for _, f := range d.blocks {
			if f.language == language {
				found = append(found, f)
			}
		}
	}
	return found
}

// TestGoCodeBlocks: a code block is either a whole file, which is compiled here
// as an importer's, or part of a test file of this repository. The functions of
// a whole file, except main, are part of a test file too.
func TestGoCodeBlocks(t *testing.T) {
	t.Parallel()
	whole := regexp.MustCompile(`(?m)^package \w+$`)
	function := regexp.MustCompile(`(?ms)^func .*?^}$`)
	tested, importer := testSources(t), t.TempDir()
	compile := false
	for i, f := range blocksOf(t, "go") {
		if !whole.MatchString(f.text) {
			if !strings.Contains(tested, trimmed(f.text)) {
				t.Errorf("%s:%d: these lines are neither in a _test.go file nor in examples/service", f.file, f.line)
			}
			continue
		}
		for _, text := range function.FindAllString(f.text, -1) {
			if !strings.HasPrefix(text, "func main(") && !strings.Contains(tested, trimmed(text)) {
				first, _, _ := strings.Cut(text, "\n")
				t.Errorf("%s:%d: this function is in no _test.go file: %s", f.file, f.line, first)
			}
		}
		name := "block.go"
		if strings.Contains(f.text, "func Test") {
			name = "block_test.go"
		}
		folder := fmt.Sprintf("block%d", i)
		write(t, filepath.Join(importer, folder, name), []byte(f.text))
		t.Logf("%s:%d is in %s", f.file, f.line, folder)
		compile = true
	}
	if !compile {
		return
	}
	requireThis(t, importer)
	vet := exec.CommandContext(t.Context(), "go", "vet", "./...")
	vet.Dir = importer
	if out, err := vet.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// requireThis makes folder a module that requires this one, as it is here.
func requireThis(t *testing.T, folder string) {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile("go.sum")
	if err != nil {
		t.Fatal(err)
	}
	const this = "github.com/ascmarketplace/webhooks"
	header := "module importer\n\nrequire " + this + " v0.0.0\n\nreplace " + this + " => " + strconv.Quote(root)
	required := strings.Replace(string(mod), "module "+this, header, 1)
	write(t, filepath.Join(folder, "go.mod"), []byte(required))
	write(t, filepath.Join(folder, "go.sum"), sum)
}

// trimmed is text without indentation, with a line break before and after every line.
func trimmed(text string) string {
	var b strings.Builder
	b.WriteByte('\n')
	for line := range strings.SplitSeq(strings.Trim(text, "\n"), "\n") {
		b.WriteString(strings.TrimSpace(line) + "\n")
	}
	return b.String()
}

func testSources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") && path != filepath.Join("examples", "service", "main.go") {
			return err
		}
		content, err := os.ReadFile(path)
		all.WriteString(trimmed(string(content)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func write(t *testing.T, path string, content []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
