package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/creack/pty"

	"github.com/ascmarketplace/webhooks/asctest"
)

// environment points ascwebhooks at a fake.
func environment(t *testing.T, server *asctest.Server) []string {
	t.Helper()
	key := server.Key()
	path := filepath.Join(t.TempDir(), "AuthKey_"+key.ID+".p8")
	if err := os.WriteFile(path, key.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"ASC_BASE_URL=" + server.URL, "ASC_KEY_ID=" + key.ID, "ASC_ISSUER_ID=" + key.IssuerID,
		"ASC_PRIVATE_KEY_PATH=" + path, "ASC_PRIVATE_KEY="}
}

// startOnTerminal starts cmd on a terminal, and skips the test where there are none.
func startOnTerminal(t *testing.T, cmd *exec.Cmd) *os.File {
	t.Helper()
	terminal, tty, err := pty.Open()
	if err != nil {
		t.Skipf("this machine gives no pseudo-terminal: %v", err)
	}
	_ = tty.Close()
	_ = terminal.Close()
	if terminal, err = pty.Start(cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = terminal.Close() })
	return terminal
}

// TestDeleteAsks answers the question on a terminal.
func TestDeleteAsks(t *testing.T) {
	t.Parallel()
	const question = "Delete the webhook id-1? Notifications to https://marketplace.example/ stop. [y/N] "
	tests := map[string]struct {
		typed   string
		code    int
		deleted bool
	}{
		"yes":      {"yes\n", exitOK, true},
		"y":        {"Y\n", exitOK, true},
		"no":       {"n\n", exitFailed, false},
		"return":   {"\n", exitFailed, false},
		"another":  {"yesterday\n", exitFailed, false},
		"Ctrl-D":   {"\x04", exitFailed, false},
		"Ctrl-C":   {"\x03", exitFailed, false},
		"y Ctrl-C": {"y\x03", exitFailed, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := asctest.NewServer(t,
				asctest.MarketplaceWebhook{ID: "id-1", EndpointURL: "https://marketplace.example/", Secret: "canary"})
			cmd := program(t, environment(t, server), "marketplace-webhooks", "delete")
			terminal := startOnTerminal(t, cmd)
			shown := make([]byte, len(question))
			if _, err := io.ReadFull(terminal, shown); err != nil || string(shown) != question {
				t.Fatalf("asked %q, %v", shown, err)
			}
			if _, err := io.WriteString(terminal, test.typed); err != nil {
				t.Fatal(err)
			}
			rest, _ := io.ReadAll(terminal) // ends with an error when the process is gone
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != test.code {
				t.Errorf("exit code %d, want %d; shown %q", code, test.code, rest)
			}
			if _, there := server.MarketplaceWebhook(); there == test.deleted {
				t.Errorf("the webhook is there: %t; shown %q", there, rest)
			}
			// A terminal drops what is being written when Ctrl-C is typed.
			interrupted := strings.Contains(test.typed, "\x03")
			if !test.deleted && !interrupted && !strings.Contains(string(rest), "ascwebhooks: nothing was deleted") {
				t.Errorf("shown %q", rest)
			}
		})
	}
}

// TestDeleteAsksForWebhooks names the URL that its ID stands for.
func TestDeleteAsksForWebhooks(t *testing.T) {
	server := asctest.NewServer(t, asctest.WithApp("1"),
		asctest.Webhook{ID: "id-1", AppID: "1", URL: "https://marketplace.example/"})
	cmd := program(t, environment(t, server), "webhooks", "delete", "id-1")
	terminal := startOnTerminal(t, cmd)
	if _, err := io.WriteString(terminal, "no\n"); err != nil {
		t.Fatal(err)
	}
	shown, _ := io.ReadAll(terminal)
	_ = cmd.Wait()
	const question = "Delete the webhook id-1? Notifications to https://marketplace.example/ stop. [y/N] "
	if code := cmd.ProcessState.ExitCode(); code != exitFailed || !strings.Contains(string(shown), question) {
		t.Errorf("exit code %d, shown %q", code, shown)
	}
	if len(server.State().Webhooks) != 1 {
		t.Error("it was deleted")
	}
}

// TestSecretOnTerminal: what is typed there would be shown.
func TestSecretOnTerminal(t *testing.T) {
	server := asctest.NewServer(t)
	cmd := program(t, environment(t, server), "marketplace-webhooks", "create",
		"--endpoint-url", "https://marketplace.example/", "--secret-file", "-")
	terminal := startOnTerminal(t, cmd)
	shown, _ := io.ReadAll(terminal)
	_ = cmd.Wait()
	code := cmd.ProcessState.ExitCode()
	if code != exitUsage || !strings.Contains(string(shown), "standard input is a terminal") {
		t.Errorf("exit code %d, shown %q", code, shown)
	}
}

// TestMigrateAsks before it deletes the old webhook, if no event has come through
// the new one.
func TestMigrateAsks(t *testing.T) {
	for typed, finishes := range map[string]bool{"y\n": true, "n\n": false} {
		url := serviceWith(t, "canary-1")
		server := inUse(t, url)
		before := server.State()
		env := append(environment(t, server), secretVariable+"=canary-1")
		cmd := program(t, env, "migrate", "--endpoint-url", url, "--finish")
		terminal := startOnTerminal(t, cmd)
		if _, err := io.WriteString(terminal, typed); err != nil {
			t.Fatal(err)
		}
		shown, _ := io.ReadAll(terminal)
		_ = cmd.Wait()
		const question = "No event has been delivered to the new webhook yet. Delete the old one all the same? [y/N] "
		if code := cmd.ProcessState.ExitCode(); (code == exitOK) != finishes || !strings.Contains(string(shown), question) {
			t.Errorf("%q: exit code %d, shown %q", typed, code, shown)
		}
		if finishes {
			checkMigrated(t, server.State(), url)
		} else if !reflect.DeepEqual(server.State(), before) || !strings.Contains(string(shown), "ascwebhooks: nothing was changed") {
			t.Errorf("changed to %+v, shown %q", server.State(), shown)
		}
	}
}
