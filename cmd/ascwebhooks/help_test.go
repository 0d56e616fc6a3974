package main

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// inProcess runs the command in this process.
func inProcess(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), &system{stdin: strings.NewReader(""), stdout: &out, stderr: &err}, args)
	return code, out.String(), err.String()
}

// leaves returns the commands of ours that do something, not only group others.
func leaves(cmd *cobra.Command) []*cobra.Command {
	var found []*cobra.Command
	for _, sub := range cmd.Commands() {
		if sub.Name() != "completion" && sub.Name() != "help" {
			found = append(found, leaves(sub)...)
		}
	}
	if !cmd.HasSubCommands() {
		found = append(found, cmd)
	}
	return found
}

// words returns the arguments that name a command.
func words(cmd *cobra.Command) []string {
	return strings.Fields(strings.TrimPrefix(cmd.CommandPath(), "ascwebhooks"))
}

// TestHelp: each command explains itself, its examples are examples of it, and
// every flag in them exists and takes the value that it is given.
func TestHelp(t *testing.T) {
	flag, given := regexp.MustCompile(`--[a-z][a-z-]*`), regexp.MustCompile(`--([a-z-]+)[ =](\S+)`)
	var paths []string
	for _, cmd := range leaves(newRoot(&system{})) {
		path := cmd.CommandPath()
		paths = append(paths, strings.TrimPrefix(path, "ascwebhooks "))
		code, stdout, stderr := inProcess(t, append(words(cmd), "--help")...)
		if code != exitOK || stderr != "" || !strings.Contains(stdout, "Usage:") || !strings.Contains(stdout, "Examples:") {
			t.Errorf("%s --help: exit code %d, stdout %q, stderr %q", path, code, stdout, stderr)
		}
		if _, viaHelp, _ := inProcess(t, append([]string{"help"}, words(cmd)...)...); viaHelp != stdout {
			t.Errorf("help %s is not %s --help", path, path)
		}
		if !strings.Contains(cmd.Example, path) {
			t.Errorf("%s: its example is of another command", path)
		}
		for _, name := range flag.FindAllString(cmd.Example+cmd.Long, -1) {
			known := strings.TrimPrefix(name, "--")
			if cmd.Flags().Lookup(known) == nil && cmd.InheritedFlags().Lookup(known) == nil {
				t.Errorf("%s: its help has the flag %s, which it does not have", path, name)
			}
		}
		for _, use := range given.FindAllStringSubmatch(cmd.Example, -1) {
			values, ok := cmd.GetFlagCompletionFunc(use[1])
			if !ok {
				continue
			}
			if all, _ := values(cmd, nil, ""); len(all) > 0 && !slices.Contains(all, use[2]) {
				t.Errorf("%s: its example has %s, but the values are %s", path, use[0], strings.Join(all, ", "))
			}
		}
		for line := range strings.Lines(stdout) {
			if len(line) > 140 {
				t.Errorf("%s --help: a line is %d columns wide: %s", path, len(line), line)
			}
		}
	}
	const all = "demo, doctor, healthy, listen, marketplace-webhooks create, marketplace-webhooks delete, marketplace-webhooks ensure, " +
		"marketplace-webhooks get, marketplace-webhooks update, migrate, notify, package-version, sandbox, show, token, verify, version, " +
		"webhooks catch-up, webhooks create, webhooks delete, webhooks deliveries, webhooks ensure, " +
		"webhooks get, webhooks list, " +
		"webhooks ping, webhooks redeliver, webhooks update"
	if got := strings.Join(paths, ", "); got != all {
		t.Errorf("commands: %s", got)
	}
}

// TestSurplusArguments: each command refuses what it has no use for, in one
// line, without repeating it.
func TestSurplusArguments(t *testing.T) {
	for _, cmd := range leaves(newRoot(&system{})) {
		for _, surplus := range []string{"canary canary canary", "--canary", "--canary=canary", "-canary",
			"--output=canary"} {
			args := append(words(cmd), strings.Fields(surplus)...)
			code, stdout, stderr := inProcess(t, args...)
			oneLine := strings.Count(stderr, "\n") == 1 && strings.HasPrefix(stderr, "ascwebhooks: ")
			if code != exitUsage || stdout != "" || !oneLine {
				t.Errorf("%v: exit code %d, stdout %q, stderr %q", args, code, stdout, stderr)
			}
			if strings.Contains(strings.ReplaceAll(stderr, "unknown flag --canary", ""), "canary") {
				t.Errorf("%v: repeats it: %q", args, stderr)
			}
		}
	}
}

// TestEmptyValues: an empty value, as of a shell variable that is not set, is
// refused for every flag that takes one.
func TestEmptyValues(t *testing.T) {
	for _, cmd := range leaves(newRoot(&system{})) {
		cmd.Flags().VisitAll(func(flag *pflag.Flag) {
			if flag.NoOptDefVal != "" {
				return // takes no value
			}
			args := append(words(cmd), "--"+flag.Name, "")
			if cmd.Args(cmd, nil) != nil {
				args = append(args, "http://127.0.0.1:1/") // an argument is required
			}
			code, stdout, stderr := inProcess(t, args...)
			if code != exitUsage || stdout != "" || !strings.HasPrefix(stderr, "ascwebhooks: --"+flag.Name) {
				t.Errorf("%s --%s '': exit code %d, stderr %q", cmd.CommandPath(), flag.Name, code, stderr)
			}
		})
	}
}

// TestSafeName: a command's or flag's name that may be a secret is not repeated.
func TestSafeName(t *testing.T) {
	for name, want := range map[string]string{
		"marketplace-webhoks":   "marketplace-webhoks",
		strings.Repeat("x", 24): strings.Repeat("x", 24),
		strings.Repeat("x", 25): "(not shown)",
		"Get":                   "(not shown)",
		"get1":                  "(not shown)",
		"g\x1b[2J":              "(not shown)",
	} {
		if _, _, stderr := inProcess(t, name); !strings.HasPrefix(stderr, "ascwebhooks: unknown command "+want) {
			t.Errorf("%q: %s", name, stderr)
		}
		if _, _, stderr := inProcess(t, "--"+name); !strings.HasPrefix(stderr, "ascwebhooks: unknown flag --"+want) {
			t.Errorf("--%q: %s", name, stderr)
		}
	}
}
