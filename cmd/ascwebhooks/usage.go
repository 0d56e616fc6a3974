package main

// Wrong usage, told in one line that does not repeat a value: somebody may
// have given a key or a secret in the wrong place.

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// usageError makes the exit code 2.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// flagError names the flag and the rule.
func flagError(err error) error {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		if unknown.GetSpecifiedShortnames() != "" {
			return usagef("unknown flag: there are no one-letter flags but -h")
		}
		return usagef("unknown flag --%s", word(unknown.GetSpecifiedName()))
	}
	if missing, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return usagef("--%s needs a value", missing.GetFlag().Name)
	}
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		rule := map[string]string{"duration": "a duration such as 10m", "bool": "true or false", "format": "text or json"}
		return usagef("--%s must be %s", invalid.GetFlag().Name, rule[invalid.GetFlag().Value.Type()])
	}
	return usagef("a flag is not written as --name or --name=value")
}

// knownCommand refuses what is left when no command was recognised.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return usagef("unknown command %s; did you mean %s?", word(args[0]), strings.Join(near, " or "))
	}
	return usagef("unknown command %s", word(args[0]))
}

// noArguments, like cobra.NoArgs, which repeats the argument.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no argument", cmd.Name())
	}
	return nil
}

// required refuses an empty value of a flag that has to be given.
func required(cmd *cobra.Command, names ...string) error {
	for _, name := range names {
		if f := cmd.Flags().Lookup(name); f.Value.String() == "" {
			return usagef("--%s is required", name)
		}
	}
	return nil
}

// contradiction refuses two flags that exclude each other.
func contradiction(cmd *cobra.Command, one string, others ...string) error {
	for _, other := range others {
		if cmd.Flags().Changed(one) && cmd.Flags().Changed(other) {
			return usagef("--%s and --%s contradict each other; give one of them", one, other)
		}
	}
	return nil
}

// complete offers the values of a flag to the shell.
func complete(cmd *cobra.Command, flag string, values ...string) {
	// It fails only for a flag that does not exist, which a test would show.
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// word repeats what looks like a mistyped name, and nothing else.
func word(s string) string {
	if len(s) <= 24 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz-") == "" {
		return s
	}
	return "(not shown)"
}
