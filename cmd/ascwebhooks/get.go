package main

// The command get.

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/wrapper"
)

func newGet(sys *system) *cobra.Command {
	var conn connection
	cmd := &cobra.Command{
		Use:   "get",
		Short: "Show the account's webhook",
		Long: `Show the webhook that the account has registered: its id and its endpoint URL.
Nobody can read its secret back. Without a webhook it fails.`,
		Example: `  ascwebhooks get
  ascwebhooks get --output json | jq -r .endpoint_url`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return conn.call(cmd.Context(), sys, func(ctx context.Context, client *wrapper.Client) error {
				webhook, err := client.MarketplaceWebhooks.Get(ctx)
				if err != nil {
					return err
				}
				return sys.printWebhook(webhook)
			})
		},
	}
	conn.flags(cmd)
	return cmd
}
