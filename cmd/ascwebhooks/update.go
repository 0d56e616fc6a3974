package main

// The command update.

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/wrapper"
)

func newUpdate(sys *system) *cobra.Command {
	var conn connection
	var endpointURL, secretFile string
	cmd := &cobra.Command{
		Use:   "update [ID] [--endpoint-url URL] [--secret-file PATH]",
		Short: "Change the webhook's URL, its secret, or both",
		Long: `Change the URL of the webhook, its secret, or both; what is not given stays. A
secret in ` + secretVariable + ` counts as given. Without an ID it is the account's
one webhook.

Notifications that are under way may still be signed with the old secret: let
the receiver know the new one first, and the old one a while longer.`,
		Example: `  ascwebhooks update --endpoint-url https://marketplace.example/v2/notifications
  ascwebhooks update --secret-file new-secret.txt`,
		Args: optionalID,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("endpoint-url") {
				if err := required(cmd, "endpoint-url"); err != nil {
					return err
				}
			}
			secret, err := sys.secret(cmd)
			if err != nil {
				return err
			}
			update := wrapper.MarketplaceWebhookParams{EndpointURL: endpointURL}
			if secret != nil {
				update.Secret = wrapper.NewSecret(string(secret))
			}
			if endpointURL == "" && secret == nil {
				return usagef("nothing to change: give --endpoint-url, --secret-file or both")
			}
			return conn.call(cmd.Context(), sys, func(ctx context.Context, client *wrapper.Client) error {
				webhook, err := namedOrOnly(ctx, client, args)
				if err != nil {
					return err
				}
				webhook, err = client.MarketplaceWebhooks.Update(ctx, webhook.ID, update)
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

// optionalID refuses an empty ID: a variable that is not set must not mean the
// account's webhook.
func optionalID(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) > 1:
		return usagef("%s takes one ID at most", cmd.Name())
	case len(args) == 1 && args[0] == "":
		return usagef("the ID is empty; leave it out for the account's one webhook")
	}
	return nil
}

// namedOrOnly returns the webhook of which only the ID was given, or else the account's one.
func namedOrOnly(ctx context.Context, client *wrapper.Client, args []string) (wrapper.MarketplaceWebhook, error) {
	if len(args) == 1 {
		return wrapper.MarketplaceWebhook{ID: args[0]}, nil
	}
	return client.MarketplaceWebhooks.Get(ctx)
}
