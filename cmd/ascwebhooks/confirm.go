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
		if err := s.confirm(ctx, id, url); err != nil {
			return err
		}
	}
	if err := del(ctx, id); err != nil {
		return err
	}
	return s.print(map[string]any{"id": id, "deleted": true}, "deleted: "+oneLine(id)+"\n")
}

func (s *system) confirm(ctx context.Context, id, url string) error {
	question := fmt.Sprintf("Delete the webhook %s? Notifications to %s stop.", oneLine(id), cmp.Or(oneLine(url), "it"))
	if !s.agrees(ctx, question) {
		return errors.New("nothing was deleted")
	}
	return nil
}

// agrees asks, and reports whether the response is yes. The goroutine that reads
// it stays behind after an interrupt; the process ends then.
func (s *system) agrees(ctx context.Context, question string) bool {
	_, _ = fmt.Fprint(s.stderr, question+" [y/N] ")
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
