//go:build unix

package webhooks_test

// Every shell fence of the documents is run, and every command in their prose exists.

import (
	"crypto/rand"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
)

// notRun are the beginnings of lines that need a network or write where they are run.
var notRun = []string{"git clone ", "go get "}

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

// TestShell runs a document's fences one after the other, in an empty folder or
// a copy of the example's, and against an App Store Connect of its own. It
// asks the command for what the prose names.
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
			folder, env := t.TempDir(), environment(t, bin)
			if example, ok := strings.CutSuffix(d.name, "/README.md"); ok && example != "docs" {
				copyExample(t, folder, example)
			}
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

// copyExample copies a module that stands beside this one.
func copyExample(t *testing.T, folder, example string) {
	t.Helper()
	if err := os.CopyFS(folder, os.DirFS(example)); err != nil {
		t.Fatal(err)
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	edit := exec.CommandContext(t.Context(), "go", "mod", "edit", "-replace=github.com/ascmarketplace/webhooks="+root)
	edit.Dir = folder
	if out, err := edit.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
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
func environment(t *testing.T, bin string) []string {
	t.Helper()
	handler, err := asctest.New(asctest.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	key := handler.Key()
	env := slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return strings.HasPrefix(variable, "ASC_") || strings.HasPrefix(variable, "APP_STORE_CONNECT_")
	})
	return append(env,
		"PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"),
		"ASC_BASE_URL="+server.URL,
		"ASC_KEY_ID="+key.ID,
		"ASC_ISSUER_ID="+key.IssuerID,
		"ASC_PRIVATE_KEY_PATH="+write(t, filepath.Join(t.TempDir(), "AuthKey_"+key.ID+".p8"), key.PEM()),
		"ASC_WEBHOOK_SECRET="+rand.Text(),
	)
}
