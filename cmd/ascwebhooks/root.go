package main

// The root command, what every command gets, and the exit codes.

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// system is what a command may touch of the machine around it.
type system struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	output         format
}

// run runs the command line args and returns the exit code.
func run(ctx context.Context, sys *system, args []string) int {
	root := newRoot(sys)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	if _, wrong := errors.AsType[*usageError](err); wrong {
		sys.say("ascwebhooks: %s (see '%s --help')", oneLine(err.Error()), cmd.CommandPath())
		return exitUsage
	}
	sys.say("ascwebhooks: %s", oneLine(err.Error()))
	return exitFailed
}

func newRoot(sys *system) *cobra.Command {
	root := &cobra.Command{
		Use:   "ascwebhooks",
		Short: "Look after the webhook of an alternative app marketplace",
		Long: `Register, read, change and remove the webhook to which App Store Connect posts
notifications for alternative app marketplaces, and receive what it posts.

Exit codes: 0 done, 1 failed, 2 wrong usage. Data goes to stdout, all else to
stderr. Keys, tokens and secrets come from files, standard input or the
environment, never from a flag's value.`,
		Example: `  ascwebhooks demo      # the whole path, without an account
  ascwebhooks sandbox   # an App Store Connect in memory to try things on
  ascwebhooks get       # the webhook that your account has registered`,
		Args:          knownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SuggestionsMinimumDistance = 2
	root.SetIn(sys.stdin)
	root.SetOut(sys.stdout)
	root.SetErr(sys.stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return flagError(err) })
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpCommand(newHelp())
	root.PersistentFlags().Var(&sys.output, "output", "`format` of stdout: text or json (one document, or one line per event)")
	complete(root, "output", "text", "json")
	root.AddCommand(newDemo(sys), newSandbox(sys), newGet(sys), newCreate(sys), newUpdate(sys), newDelete(sys),
		newEnsure(sys), newListen(sys), newNotify(sys), newToken(sys), newVersion(sys), newCompletion())
	return root
}

func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Show the help of a command",
		Example: "  ascwebhooks help create",
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return usagef("there is no such command to show the help of")
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
	}
}

// say writes one line to stderr.
func (s *system) say(line string, args ...any) {
	_, _ = fmt.Fprintf(s.stderr, line+"\n", args...)
}
