//go:build unix

package webhooks_test

// Every fence of the documents is compiled or run.

import (
	"crypto/rand"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
)

// notRun are the beginnings of lines that need a network or write where they are run.
var notRun = []string{"git clone ", "go get "}

func TestEveryFenceHasALanguage(t *testing.T) {
	t.Parallel()
	languages := []string{"go", "sh", "json", "mermaid", "text", "yaml"}
	for _, d := range documents(t, teaching...) {
		for _, f := range d.fences {
			if !slices.Contains(languages, f.language) {
				t.Errorf("%s:%d: a fence of %q: have one of %v, since go is compiled and sh is run", f.file, f.line, f.language, languages)
			}
		}
	}
}

func fencesOf(t *testing.T, language string) (found []fence) {
	t.Helper()
	for _, d := range documents(t, teaching...) {
		for _, f := range d.fences {
			if f.language == language {
				found = append(found, f)
			}
		}
	}
	return found
}

// TestGoFences: a fence is a whole file, which is compiled here as an
// importer would, or a part of a test of this repository, which was compiled there.
func TestGoFences(t *testing.T) {
	t.Parallel()
	whole := regexp.MustCompile(`(?m)^package \w+$`)
	tested, importer := testSources(t), t.TempDir()
	compile := false
	for i, f := range fencesOf(t, "go") {
		if !whole.MatchString(f.text) {
			if !strings.Contains(tested, trimmed(f.text)) {
				t.Errorf("%s:%d: these lines are in no _test.go file", f.file, f.line)
			}
			continue
		}
		name := "fence.go"
		if strings.Contains(f.text, "func Test") {
			name = "fence_test.go"
		}
		folder := fmt.Sprintf("fence%d", i)
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
	required := strings.Replace(string(mod), "module "+this, "module importer\n\nrequire "+this+" v0.0.0\n\nreplace "+this+" => "+strconv.Quote(root), 1)
	write(t, filepath.Join(folder, "go.mod"), []byte(required))
	write(t, filepath.Join(folder, "go.sum"), sum)
}

// trimmed is text with each line bare of indentation, between line ends.
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
		if err != nil || !strings.HasSuffix(path, "_test.go") {
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

// TestMakeTargetsExist: of make no more is asked, here and in README.md, whose
// commands the gate runs for real.
func TestMakeTargetsExist(t *testing.T) {
	t.Parallel()
	makeLine := regexp.MustCompile(`^make [a-z][\w-]*( [A-Z]+=\S+)*$`)
	for _, d := range documents(t, everyDocument...) {
		lines := slices.DeleteFunc(d.codes(), func(code string) bool { return !makeLine.MatchString(code) })
		for _, f := range d.fences {
			for line := range strings.Lines(f.text) {
				if f.language == "sh" && strings.HasPrefix(line, "make ") {
					lines = append(lines, line)
				}
			}
		}
		for _, line := range lines {
			args := append([]string{"-n", "UPSTREAM=upstream.json"}, strings.Fields(line)[1:]...)
			if out, err := exec.CommandContext(t.Context(), "make", args...).CombinedOutput(); err != nil {
				t.Errorf("%s: %s: %v\n%s", d.name, strings.TrimSpace(line), err, out)
			}
		}
	}
}

// TestShell runs a document's fences one after the other, in an empty folder
// and against an App Store Connect of its own, and asks the command for what
// the prose names.
func TestShell(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("cmd/ascwebhooks/main.go"); err != nil {
		t.Skip("there is no command yet")
	}
	bin := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "./cmd/ascwebhooks").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, d := range documents(t, teaching[1:]...) {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			env := environment(t, bin, folder)
			for _, f := range d.fences {
				if f.language == "sh" {
					runFence(t, f, folder, env)
				}
			}
		})
	}
	for _, d := range documents(t, everyDocument...) {
		for _, code := range d.codes() {
			if words := strings.Fields(code); len(words) > 1 && words[0] == "ascwebhooks" {
				checkCommand(t, d.name, filepath.Join(bin, "ascwebhooks"), words[1], code)
			}
		}
	}
}

// checkCommand asks for the help of a command and looks for its flags there.
func checkCommand(t *testing.T, document, ascwebhooks, name, code string) {
	t.Helper()
	help, err := exec.CommandContext(t.Context(), ascwebhooks, "help", name).CombinedOutput()
	if err != nil {
		t.Errorf("%s: %s: %v\n%s", document, code, err, help)
	}
	for _, flag := range regexp.MustCompile(`--[a-z-]+`).FindAllString(code, -1) {
		if !slices.Contains(strings.Fields(string(help)), flag) {
			t.Errorf("%s: %s: there is no flag %s", document, code, flag)
		}
	}
}

func runFence(t *testing.T, f fence, folder string, env []string) {
	t.Helper()
	lines := slices.DeleteFunc(strings.Split(f.text, "\n"), func(line string) bool {
		return slices.ContainsFunc(append([]string{"make "}, notRun...), func(start string) bool { return strings.HasPrefix(line, start) })
	})
	var out strings.Builder
	shell := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", strings.Join(lines, "\n"))
	shell.Dir, shell.Env, shell.Stdout, shell.Stderr = folder, env, &out, &out
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	shell.WaitDelay = 5 * time.Second
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	err := shell.Wait()
	_ = syscall.Kill(-shell.Process.Pid, syscall.SIGKILL) // what it left behind
	if err != nil {
		t.Errorf("%s:%d: %v\n%s", f.file, f.line, err, out.String())
	}
}

// environment is a fresh App Store Connect, in the variables of the command.
func environment(t *testing.T, bin, home string) []string {
	t.Helper()
	handler, err := asctest.New(asctest.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	key := handler.Key()
	return []string{
		"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"),
		"HOME=" + home,
		"ASC_BASE_URL=" + server.URL,
		"ASC_KEY_ID=" + key.ID,
		"ASC_ISSUER_ID=" + key.IssuerID,
		"ASC_PRIVATE_KEY_PATH=" + write(t, filepath.Join(t.TempDir(), "AuthKey_"+key.ID+".p8"), key.PEM()),
		"ASC_WEBHOOK_SECRET=" + rand.Text(),
	}
}
