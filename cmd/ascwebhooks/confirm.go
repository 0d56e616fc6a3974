package main

// Asking before something is changed.

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

func yesFlag(cmd *cobra.Command, yes *bool) {
	cmd.Flags().BoolVar(yes, "yes", false, "do not ask")
}

// canConfirm fails if the user has to be asked and cannot be.
func (s *system) canConfirm(yes bool) error {
	if !yes && !isTerminal(s.stdin) {
		return usagef("--yes is required where standard input is not a terminal, since nobody can be asked")
	}
	return nil
}

// deleteConfirmed asks first, unless yes.
func (s *system) deleteConfirmed(ctx context.Context, yes bool, id, url string, del func(context.Context, string) error) error {
	if !yes {
		question := fmt.Sprintf("Delete the webhook %s? Notifications to %s stop.", oneLine(id), cmp.Or(oneLine(url), "it"))
		if !s.confirm(ctx, question) {
			return errors.New("nothing was deleted")
		}
	}
	if err := del(ctx, id); err != nil {
		return err
	}
	return s.print(map[string]any{"id": id, "deleted": true}, "deleted: "+oneLine(id)+"\n")
}

// confirm asks, and reports whether the response is yes. The goroutine that
// reads it stays behind after an interrupt; the process ends then.
func (s *system) confirm(ctx context.Context, question string) bool {
	_, _ = fmt.Fprintf(s.stderr, "%s [y/N] ", question)
	responses := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(s.stdin).ReadString('\n')
		responses <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case response := <-responses:
		return response == "y" || response == "yes"
	case <-ctx.Done():
		s.infof("")
		return false
	}
}

func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
