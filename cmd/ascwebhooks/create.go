package main

// The command create.

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/wrapper"
)

func newCreate(sys *system) *cobra.Command {
	var conn connection
	var endpointURL, secretFile string
	cmd := &cobra.Command{
		Use:   "create --endpoint-url URL",
		Short: "Register the account's webhook",
		Long: `Register the account's webhook: where App Store Connect posts notifications, and
the secret that it signs them with. An account has one; 'ascwebhooks ensure'
also takes one that is there already.`,
		Example: `  ascwebhooks create --endpoint-url https://marketplace.example/notifications --secret-file secret.txt
  openssl rand -hex 32 | tee secret.txt | ascwebhooks create --endpoint-url https://marketplace.example/notifications --secret-file -`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "endpoint-url"); err != nil {
				return err
			}
			secret, err := sys.needSecret(cmd)
			if err != nil {
				return err
			}
			return conn.call(cmd.Context(), sys, func(ctx context.Context, client *wrapper.Client) error {
				webhook, err := client.MarketplaceWebhooks.Create(ctx, wrapper.MarketplaceWebhookParams{
					EndpointURL: endpointURL,
					Secret:      wrapper.NewSecret(string(secret)),
				})
				if err != nil {
					return err
				}
				return sys.printWebhook(webhook)
			})
		},
	}
	endpointURLFlag(cmd, &endpointURL)
	secretFlag(cmd, &secretFile)
	conn.flags(cmd)
	return cmd
}

func endpointURLFlag(cmd *cobra.Command, endpointURL *string) {
	cmd.Flags().StringVar(endpointURL, "endpoint-url", "", "`URL` that notifications are posted to: https, or http on a loopback host")
}
