package main

// The command delete.

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/wrapper"
)

func newDelete(sys *system) *cobra.Command {
	var conn connection
	var yes bool
	cmd := &cobra.Command{
		Use:   "delete [ID]",
		Short: "Remove the webhook; notifications stop",
		Long: `Remove the webhook; notifications stop, for every marketplace of the account.
Without an ID it is the account's one webhook. On a terminal it asks first;
elsewhere it wants --yes.`,
		Example: `  ascwebhooks delete
  ascwebhooks delete c74970b8-6be0-40fa-8f51-8e1532005635 --yes`,
		Args: optionalID,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !yes && !sys.onTerminal() {
				return usagef("--yes is required where standard input is not a terminal, since nobody can be asked")
			}
			return conn.call(cmd.Context(), sys, func(ctx context.Context, client *wrapper.Client) error {
				webhook, err := namedOrOnly(ctx, client, args)
				if err != nil {
					return err
				}
				if !yes {
					if err := sys.confirm(ctx, webhook); err != nil {
						return err
					}
				}
				if err := client.MarketplaceWebhooks.Delete(ctx, webhook.ID); err != nil {
					return err
				}
				document := struct {
					ID      string `json:"id"`
					Deleted bool   `json:"deleted"`
				}{webhook.ID, true}
				return sys.print(document, "deleted: "+oneLine(webhook.ID)+"\n")
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	conn.flags(cmd)
	return cmd
}

// confirm asks, and fails unless the answer is yes. The goroutine that reads
// the answer stays behind after an interrupt; the process ends then.
func (s *system) confirm(ctx context.Context, webhook wrapper.MarketplaceWebhook) error {
	_, _ = fmt.Fprintf(s.stderr, "Delete the webhook %s? Notifications to %s stop. [y/N] ",
		oneLine(webhook.ID), cmp.Or(oneLine(webhook.EndpointURL), "it"))
	answers := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(s.stdin).ReadString('\n')
		answers <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case answer := <-answers:
		if answer == "y" || answer == "yes" {
			return nil
		}
	case <-ctx.Done():
		s.say("")
	}
	return errors.New("nothing was deleted")
}
