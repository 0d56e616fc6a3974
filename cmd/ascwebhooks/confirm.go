package main

// Asking before a webhook is deleted.

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

// canConfirm fails where somebody would have to be asked and nobody can be.
func (s *system) canConfirm(yes bool) error {
	if !yes && !s.onTerminal() {
		return usagef("--yes is required where standard input is not a terminal, since nobody can be asked")
	}
	return nil
}

// confirm asks, and fails unless the response is yes. The goroutine that reads
// it stays behind after an interrupt; the process ends then.
func (s *system) confirm(ctx context.Context, id, url string) error {
	_, _ = fmt.Fprintf(s.stderr, "Delete the webhook %s? Notifications to %s stop. [y/N] ",
		oneLine(id), cmp.Or(oneLine(url), "it"))
	responses := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(s.stdin).ReadString('\n')
		responses <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case response := <-responses:
		if response == "y" || response == "yes" {
			return nil
		}
	case <-ctx.Done():
		s.infof("")
	}
	return errors.New("nothing was deleted")
}

// printDeleted prints what became of the deletion of id.
func (s *system) printDeleted(id string, err error) error {
	if err != nil {
		return err
	}
	document := struct {
		ID      string `json:"id"`
		Deleted bool   `json:"deleted"`
	}{id, true}
	return s.print(document, "deleted: "+oneLine(id)+"\n")
}

// onTerminal reports whether somebody can be asked.
func (s *system) onTerminal() bool { return isTerminal(s.stdin) }

func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
