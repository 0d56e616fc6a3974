package main

import (
	"cmp"

	"github.com/spf13/cobra"
)

func newRoot(sys *system) *cobra.Command {
	root := &cobra.Command{
		Use:   "ascwebhooks",
		Short: "Manage App Store Connect webhooks and receive their notifications",
		Long: `Manage the webhooks to which App Store Connect posts notifications, and receive
what it posts.

Exit codes: 0 success, 1 failure, 2 wrong usage. Data goes to stdout, everything
else to stderr. Keys and secrets come from files, standard input or the
environment, never from the value of a flag.`,
		Example: `  ascwebhooks demo                       # the whole life of a webhook, without an account
  ascwebhooks sandbox                    # App Store Connect in memory, for local testing
  ascwebhooks webhooks list              # the webhooks of your app
  ascwebhooks marketplace-webhooks get   # the older resource: the account's one webhook`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(sys.stdin)
	root.SetOut(sys.stdout)
	root.SetErr(sys.stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return flagError(err) })
	root.PersistentFlags().Var(&sys.output, "output", "`format` of stdout: text or json (one document, or one line for each item)")
	complete(root, "output", "text", "json")
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	root.AddCommand(newMarketplaceWebhooks(sys), newWebhooks(sys), newPackageVersion(sys),
		newDemo(sys), newDoctor(sys), newHealthy(sys), newListen(sys), newMigrate(sys), newNotify(sys), newSandbox(sys), newShow(sys),
		newToken(sys), newVerify(sys), newVersion(sys))
	root.InitDefaultCompletionCmd()
	finish(root, sys)
	addVersionFlag(root, sys)
	root.InitDefaultHelpCmd()
	help, _, err := root.Find([]string{"help"})
	mustSet(err)
	help.Args = func(_ *cobra.Command, args []string) error {
		found, unknown, err := root.Find(args)
		return cmp.Or(err, refuseUnknownCommand(found, unknown))
	}
	return root
}

// finish gives a command and those below it what cobra does not: a group
// refuses an unknown command, others refuse arguments unless they ask for some.
func finish(cmd *cobra.Command, sys *system) {
	for _, sub := range cmd.Commands() {
		finish(sub, sys)
	}
	switch {
	case cmd.HasSubCommands():
		cmd.Args = refuseUnknownCommand
		cmd.SuggestionsMinimumDistance = 2
		cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	case cmd.Args == nil:
		cmd.Args = cobra.ExactArgs(0) // cobra.NoArgs repeats the argument
	}
	cmd.Args = withUse(cmd.Args)
	cmd.PreRunE = refuseEmptyValues
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		sys.started = true
		return run(cmd, args)
	}
}
