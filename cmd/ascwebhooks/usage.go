package main

// Wrong usage. Its errors repeat no value: it may be a key or a secret that was
// given in the wrong place.

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// usageError makes the exit code 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// flagError names the flag and the rule, where pflag repeats the value.
func flagError(err error) error {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok && unknown.GetSpecifiedShortnames() == "" {
		return fmt.Errorf("unknown flag --%s", safeName(unknown.GetSpecifiedName()))
	}
	if missing, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return missing
	}
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		rule := map[string]string{"duration": "a duration such as 10m", "bool": "true or false", "format": "text or json"}
		return fmt.Errorf("--%s must be %s", invalid.GetFlag().Name, rule[invalid.GetFlag().Value.Type()])
	}
	return errors.New("flags are written as --name or --name=value; the only short one is -h")
}

// refuseUnknownCommand is the Args of commands that have subcommands.
func refuseUnknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return fmt.Errorf("unknown command %s; did you mean %s?", safeName(args[0]), strings.Join(near, " or "))
	}
	return fmt.Errorf("unknown command %s", safeName(args[0]))
}

// withUse says which arguments a command takes, where cobra gives their number.
func withUse(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if cmd.HasSubCommands() || check(cmd, args) == nil {
			return check(cmd, args)
		}
		_, use, _ := strings.Cut(cmd.Use, " ")
		if name, flags, _ := strings.Cut(use, " "); len(args) == 0 {
			return fmt.Errorf("the argument %s is missing: write '%s %s'", name, cmd.CommandPath(), strings.TrimSpace(name+" "+flags))
		}
		if use == "" || strings.HasPrefix(use, "--") {
			return fmt.Errorf("%s takes no arguments, only flags, and got %d", cmd.CommandPath(), len(args))
		}
		wanted := "one argument"
		if strings.Contains(use, " ") {
			wanted = "two arguments"
		}
		return fmt.Errorf("%s takes %s, %s, and got %d", cmd.CommandPath(), wanted, use, len(args))
	}
}

// refuseEmptyValues refuses "" for every flag and argument: a shell variable
// that is not set must not mean the default.
func refuseEmptyValues(cmd *cobra.Command, args []string) (err error) {
	if slices.Contains(args, "") {
		return errors.New("an argument is empty")
	}
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		values := []string{flag.Value.String()}
		if list, ok := flag.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		if slices.Contains(values, "") {
			err = fmt.Errorf("--%s is empty", flag.Name)
		}
	})
	return err
}

// safeName returns what looks like a mistyped name, and nothing else.
func safeName(s string) string {
	if len(s) <= 24 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz-") == "" {
		return s
	}
	return "(not shown)"
}

// mustSet panics on an error that only a mistake in this package can cause,
// such as a flag that does not exist.
func mustSet(err error) {
	if err != nil {
		panic(err)
	}
}

// complete offers the values of a flag to the shell.
func complete(cmd *cobra.Command, flag string, values ...string) {
	mustSet(cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)))
}

// completeFiles offers the names of files.
func completeFiles(cmd *cobra.Command, flag string) {
	mustSet(cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)))
}
