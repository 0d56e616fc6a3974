//go:build unix

package doctest_test

// Every shell code block of the documents is run, and every command in their prose exists.

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
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
	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
)

// notRun are the beginnings of lines that are not run: they need a network, or
// write to the current folder, or, like make, are run by the gate.
var notRun = []string{"git clone ", "go get ", "make "}

// TestMakeTargetsExist runs no target; the gate runs the commands of README.md.
func TestMakeTargetsExist(t *testing.T) {
	t.Parallel()
	makeLine := regexp.MustCompile(`^make [a-z][\w-]*( [A-Z]+=\S+)*$`)
	for _, d := range documents(t, everyDocument...) {
		lines := slices.DeleteFunc(d.codes(), func(code string) bool { return !makeLine.MatchString(code) })
		for _, f := range d.blocks {
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

// TestShell runs a document's code blocks one after the other, in an empty
// folder or a copy of the example's, against App Store Connect in memory. The
// commands and flags in the prose are looked up in the command's help.
func TestShell(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	build(t, bin, "./cmd/ascwebhooks")
	for _, d := range documents(t, teaching[1:]...) {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			env := environment(t, bin, folder)
			if example, ok := strings.CutSuffix(d.name, "/README.md"); ok && example != "docs" {
				copyExample(t, folder, example)
			}
			for _, f := range d.blocks {
				if f.language == "sh" {
					runBlock(t, f, folder, env)
				}
			}
		})
	}
	for _, d := range documents(t, upToDate...) {
		for _, code := range d.codes() {
			if strings.HasPrefix(code, "ascwebhooks ") {
				checkCommand(t, d.name, bin, code)
			}
		}
	}
}

// build puts a command into folder. Unlike go build, go run links only what has
// changed: it keeps executables in the cache.
func build(t *testing.T, folder string, args ...string) {
	t.Helper()
	args = append([]string{"run", "-exec", `sh -c 'cp "$0" "$1"'`}, append(args, folder)...)
	if out, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// checkCommand asks for the help of a command, such as ascwebhooks
// marketplace-webhooks get, and looks up its name and its flags there.
func checkCommand(t *testing.T, document, bin, code string) {
	t.Helper()
	isName := regexp.MustCompile(`^[a-z][a-z-]*$`)
	words := strings.Fields(code)[1:]
	if i := slices.IndexFunc(words, func(word string) bool { return !isName.MatchString(word) }); i >= 0 {
		words = words[:i]
	}
	args := append([]string{"help"}, words...)
	help, err := exec.CommandContext(t.Context(), filepath.Join(bin, "ascwebhooks"), args...).CombinedOutput()
	if err != nil || !strings.Contains(string(help), "ascwebhooks "+strings.Join(words, " ")) {
		t.Errorf("%s: %s: there is no such command (%v)\n%s", document, code, err, help)
	}
	for _, flag := range regexp.MustCompile(`--[a-z-]+`).FindAllString(code, -1) {
		if !slices.Contains(strings.Fields(string(help)), flag) {
			t.Errorf("%s: %s: there is no flag %s", document, code, flag)
		}
	}
}

// copyExample copies an example, a module of its own, and lets it use this module.
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

func runBlock(t *testing.T, f codeBlock, folder string, env []string) {
	t.Helper()
	lines := slices.DeleteFunc(strings.Split(f.text, "\n"), func(line string) bool {
		return slices.ContainsFunc(notRun, func(start string) bool { return strings.HasPrefix(line, start) })
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
	_ = syscall.Kill(-shell.Process.Pid, syscall.SIGKILL) // what it left running
	if err != nil {
		t.Errorf("%s:%d: %v\n%s", f.file, f.line, err, out.String())
	}
}

// environment starts App Store Connect in memory, with both webhooks of a service
// that runs and an event that was delivered, and returns the variables that point
// the command to them.
func environment(t *testing.T, bin, folder string) []string {
	t.Helper()
	secret := rand.Text()
	url := service(t, secret, folder)
	handler, err := asctest.New(asctest.Settings{Logger: slog.New(slog.DiscardHandler)}, asctest.WithApp(sample.MarketplaceAppID),
		asctest.MarketplaceWebhook{EndpointURL: url, Secret: secret},
		asctest.Webhook{AppID: sample.MarketplaceAppID, Name: "notifications", URL: url, Secret: secret, Enabled: true,
			EventTypes: []string{"BUILD_UPLOAD_STATE_UPDATED", "ALTERNATIVE_DISTRIBUTION_PACKAGE_VERSION_CREATED"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = handler.Close() })
	event := &notification.AlternativeDistributionPackageVersionCreated{
		MarketplaceAppID: sample.MarketplaceAppID, AppID: sample.AppID, PackageVersionID: sample.PackageVersionID}
	if status, err := handler.Notify(t.Context(), event); status != http.StatusOK || err != nil {
		t.Fatalf("status %d, %v", status, err)
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
		"ASC_APP_ID="+sample.MarketplaceAppID,
		"ASC_WEBHOOK_SECRET="+secret,
		"WEBHOOK_URL="+url,
	)
}

// service starts a receiver that knows the secret, and that of new-secret.txt as
// soon as a document makes one.
func service(t *testing.T, secret, folder string) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secrets := [][]byte{[]byte(secret)}
		if added, err := os.ReadFile(filepath.Join(folder, "new-secret.txt")); err == nil {
			secrets = append(secrets, bytes.TrimSpace(added))
		}
		verifier, err := notification.NewVerifier(secrets...)
		if err != nil {
			t.Error(err)
			return
		}
		accept := func(context.Context, *notification.Notification) error { return nil }
		handler, err := notification.NewHandler(verifier, accept, notification.WithLogger(slog.New(slog.DiscardHandler)))
		if err != nil {
			t.Error(err)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
