package main

// The commands of the resource marketplaceWebhooks.

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// marketplaceWebhooks is what its commands share.
type marketplaceWebhooks struct {
	*system
	caller
	endpointURL, secretFile string
	dryRun                  bool
}

func newMarketplaceWebhooks(sys *system) *cobra.Command {
	m := &marketplaceWebhooks{system: sys, caller: caller{look: "ascwebhooks marketplace-webhooks get"}}
	group := &cobra.Command{
		Use:   "marketplace-webhooks",
		Short: "Manage the account's marketplace webhook (deprecated by Apple)",
		Long: `Manage the webhook to which App Store Connect posts notifications for all
alternative app marketplaces of the account. An account has at most one. Apple
has deprecated the resource, marketplaceWebhooks, and still serves it.`,
		Example: `  ascwebhooks marketplace-webhooks get
  ascwebhooks marketplace-webhooks ensure --endpoint-url https://marketplace.example/notifications --secret-file secret.txt`,
	}
	m.flags(group)
	group.AddCommand(m.newGet(), m.newCreate(), m.newUpdate(), m.newDelete(), m.newEnsure())
	return group
}

func (m *marketplaceWebhooks) newGet() *cobra.Command {
	return &cobra.Command{
		Use:   "get",
		Short: "Show the account's webhook",
		Long: `Show the webhook that the account has registered: its ID and its endpoint URL.
Its secret cannot be read back. Fails if there is none.`,
		Example: `  ascwebhooks marketplace-webhooks get
  ascwebhooks marketplace-webhooks get --output json | jq -r .endpoint_url`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return m.call(cmd, func(ctx context.Context, client *wrapper.Client) error {
				return m.printWebhook(client.MarketplaceWebhooks.Get(ctx))
			})
		},
	}
}

func (m *marketplaceWebhooks) newCreate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "create --endpoint-url URL",
		Short: "Register the account's webhook",
		Long: `Register the account's webhook: where App Store Connect posts notifications, and
the secret that it signs them with. Fails if there is one already; 'ensure' does not.`,
		Example: `  ascwebhooks marketplace-webhooks create --endpoint-url https://marketplace.example/notifications --secret-file secret.txt
  openssl rand -hex 32 | tee secret.txt |
    ascwebhooks marketplace-webhooks create --endpoint-url https://marketplace.example/notifications --secret-file -`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			params, err := m.params(m.needSecret)
			if err != nil {
				return err
			}
			return m.call(cmd, func(ctx context.Context, client *wrapper.Client) error {
				return m.printWebhook(client.MarketplaceWebhooks.Create(ctx, params))
			})
		},
	}
	m.paramFlags(cmd)
	mustSet(cmd.MarkFlagRequired("endpoint-url"))
	return cmd
}

func (m *marketplaceWebhooks) newUpdate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "update [ID]",
		Short: "Change the webhook's URL, its secret, or both",
		Long: `Change the URL of the webhook, its secret, or both; what is not given stays as it
is. A secret in ` + secretVariable + ` counts as given. Without an ID it is the
account's one webhook.

Notifications that are under way may still be signed with the old secret: give
the receiver the new secret first, and keep the old one for a while.`,
		Example: `  ascwebhooks marketplace-webhooks update --endpoint-url https://marketplace.example/v2/notifications
  ascwebhooks marketplace-webhooks update --secret-file new-secret.txt`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			params, err := m.params(m.secret)
			if err != nil {
				return err
			}
			if params.EndpointURL == "" && params.Secret.IsZero() {
				return usagef("nothing to change: give --endpoint-url, --secret-file or both")
			}
			return m.call(cmd, func(ctx context.Context, client *wrapper.Client) error {
				webhook, err := namedOrOnly(ctx, client, args)
				if err != nil {
					return err
				}
				return m.printWebhook(client.MarketplaceWebhooks.Update(ctx, webhook.ID, params))
			})
		},
	}
	m.paramFlags(cmd)
	return cmd
}

func (m *marketplaceWebhooks) newDelete() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "delete [ID]",
		Short: "Remove the webhook; notifications stop",
		Long: `Remove the webhook; notifications stop, for every marketplace of the account.
Without an ID it is the account's one webhook. On a terminal it asks first;
elsewhere it needs --yes.`,
		Example: `  ascwebhooks marketplace-webhooks delete
  ascwebhooks marketplace-webhooks delete c74970b8-6be0-40fa-8f51-8e1532005635 --yes`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := m.canConfirm(yes); err != nil {
				return err
			}
			return m.call(cmd, func(ctx context.Context, client *wrapper.Client) error {
				webhook, err := namedOrOnly(ctx, client, args)
				if err != nil {
					return err
				}
				return m.deleteConfirmed(ctx, yes, webhook.ID, webhook.EndpointURL, client.MarketplaceWebhooks.Delete)
			})
		},
	}
	yesFlag(cmd, &yes)
	return cmd
}

func (m *marketplaceWebhooks) newEnsure() *cobra.Command {
	var replace bool
	cmd := &cobra.Command{
		Use:   "ensure --endpoint-url URL",
		Short: "Make sure that the webhook exists with this URL and secret",
		Long: `Create the webhook, update it or leave it, so that it has this URL and secret. It
is safe to repeat. A secret that is given is always set, since nobody can read
which one is registered. If the webhook has another URL, the command fails and
changes nothing, unless --replace is given.`,
		Example: `  ascwebhooks marketplace-webhooks ensure --endpoint-url https://marketplace.example/notifications --secret-file secret.txt
  ascwebhooks marketplace-webhooks ensure --endpoint-url https://marketplace.example/notifications --replace --dry-run`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			params, err := m.params(m.secret)
			if err != nil {
				return err
			}
			return m.call(cmd, func(ctx context.Context, client *wrapper.Client) error {
				if m.dryRun {
					m.sayDryRun()
					ctx = rehearse(ctx)
				}
				result, err := client.MarketplaceWebhooks.Ensure(ctx, params)
				if other, ok := errors.AsType[*wrapper.OtherEndpointError](err); ok && replace {
					result.Action = ensureReplaced
					result.Webhook, err = client.MarketplaceWebhooks.Update(ctx, other.ID, params)
				}
				if err != nil {
					return err
				}
				return m.printEnsured(result)
			})
		},
	}
	m.paramFlags(cmd)
	mustSet(cmd.MarkFlagRequired("endpoint-url"))
	cmd.Flags().BoolVar(&replace, "replace", false, "take over a webhook that has another URL")
	dryRunFlag(cmd, &m.dryRun)
	return cmd
}

// ensureReplaced says that a webhook with another URL was taken over.
const ensureReplaced wrapper.EnsureAction = "replaced"

const endpointURLUsage = "`URL` that notifications are posted to: https, or http on a loopback host"

func (m *marketplaceWebhooks) paramFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&m.endpointURL, "endpoint-url", "", endpointURLUsage)
	secretFlag(cmd, &m.secretFile)
}

// params returns what the flags describe; readSecret is secret or needSecret.
func (m *marketplaceWebhooks) params(readSecret func(path string) ([]byte, error)) (wrapper.MarketplaceWebhookParams, error) {
	secret, err := asSecret(readSecret(m.secretFile))
	return wrapper.MarketplaceWebhookParams{EndpointURL: m.endpointURL, Secret: secret}, err
}

// namedOrOnly returns the webhook of which only the ID was given, or else the account's one.
func namedOrOnly(ctx context.Context, client *wrapper.Client, args []string) (wrapper.MarketplaceWebhook, error) {
	if len(args) == 1 {
		return wrapper.MarketplaceWebhook{ID: args[0]}, nil
	}
	return client.MarketplaceWebhooks.Get(ctx)
}

type marketplaceWebhookDocument struct {
	ID          string `json:"id,omitempty"`
	EndpointURL string `json:"endpoint_url"`
}

func (m *marketplaceWebhooks) printWebhook(webhook wrapper.MarketplaceWebhook, err error) error {
	if err != nil {
		return err
	}
	return m.print(marketplaceWebhookDocument(webhook), marketplaceWebhookText(webhook))
}

func (m *marketplaceWebhooks) printEnsured(result wrapper.EnsureResult[wrapper.MarketplaceWebhook]) error {
	if m.dryRun && result.Webhook.ID == dryRunID {
		result.Webhook.ID = ""
	}
	document := struct {
		Action wrapper.EnsureAction `json:"action"`
		DryRun bool                 `json:"dry_run"`
		marketplaceWebhookDocument
	}{result.Action, m.dryRun, marketplaceWebhookDocument(result.Webhook)}
	return m.print(document, fmt.Sprintf("%s\n%s", result.Action, marketplaceWebhookText(result.Webhook)))
}

func marketplaceWebhookText(webhook wrapper.MarketplaceWebhook) string {
	return fields("id", webhook.ID, "endpoint URL", webhook.EndpointURL)
}
