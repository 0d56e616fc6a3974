package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// here runs the command in this process.
func here(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	sys := &system{stdin: strings.NewReader(""), stdout: &out, stderr: &err, getenv: func(string) string { return "" }}
	code = run(t.Context(), sys, args)
	return code, out.String(), err.String()
}

func commands(t *testing.T) []*cobra.Command {
	t.Helper()
	return append(newRoot(&system{}).Commands(), newHelp())
}

// TestHelp: each command explains itself, and its examples are of its own
// making: every flag in them exists.
func TestHelp(t *testing.T) {
	flag := regexp.MustCompile(`--[a-z][a-z-]*`)
	var names []string
	for _, cmd := range commands(t) {
		names = append(names, cmd.Name())
		code, stdout, stderr := here(t, cmd.Name(), "--help")
		if code != exitDone || stderr != "" || !strings.Contains(stdout, "Usage:") || !strings.Contains(stdout, "Examples:") {
			t.Errorf("%s --help: exit code %d, stdout %q, stderr %q", cmd.Name(), code, stdout, stderr)
		}
		if _, viaHelp, _ := here(t, "help", cmd.Name()); viaHelp != stdout {
			t.Errorf("help %s is not %s --help", cmd.Name(), cmd.Name())
		}
		if !strings.Contains(cmd.Example, "ascwebhooks "+cmd.Name()) {
			t.Errorf("%s: its example is of another command", cmd.Name())
		}
		for _, name := range flag.FindAllString(cmd.Example+cmd.Long, -1) {
			known := strings.TrimPrefix(name, "--")
			if cmd.Flags().Lookup(known) == nil && known != "output" {
				t.Errorf("%s: its help has the flag %s, which it has not", cmd.Name(), name)
			}
		}
		for line := range strings.Lines(stdout) {
			if len(line) > 140 {
				t.Errorf("%s --help: a line is %d columns wide: %s", cmd.Name(), len(line), line)
			}
		}
	}
	const all = "completion create delete demo ensure get listen notify sandbox token update version help"
	if got := strings.Join(names, " "); got != all {
		t.Errorf("commands: %s", got)
	}
}

// TestSurplusArguments: each command refuses what it has no use for, in one
// line, without repeating it.
func TestSurplusArguments(t *testing.T) {
	for _, cmd := range commands(t) {
		for _, args := range [][]string{{"canary", "canary", "canary"}, {"--canary"}, {"--canary=canary"}, {"-canary"}, {"--output=canary"}} {
			code, stdout, stderr := here(t, append([]string{cmd.Name()}, args...)...)
			if code != exitUsage || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "ascwebhooks: ") {
				t.Errorf("%s %v: exit code %d, stdout %q, stderr %q", cmd.Name(), args, code, stdout, stderr)
			}
			if strings.Contains(strings.ReplaceAll(stderr, "unknown flag --canary", ""), "canary") {
				t.Errorf("%s %v: repeats it: %q", cmd.Name(), args, stderr)
			}
		}
	}
}
