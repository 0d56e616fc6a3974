package main

// The commands of the resource webhooks. Those of its deliveries are in
// deliveries.go, the flags in webhook_params.go.

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// webhooks is what its commands share.
type webhooks struct {
	*system
	caller
	app                           appFlags
	name, endpointURL, secretFile string
	events                        []string
	disabled                      bool
}

func newWebhooks(sys *system) *cobra.Command {
	w := &webhooks{system: sys, caller: caller{look: "ascwebhooks webhooks list"}}
	group := &cobra.Command{
		Use:   "webhooks",
		Short: "Manage an app's webhooks, their pings and their deliveries",
		Long: `Manage the webhooks to which App Store Connect posts the events of an app. An app
has at most ten. If you run a marketplace, give your marketplace app's ID as --app,
or its bundle ID as --bundle-id.`,
		Example: `  ascwebhooks webhooks list --app 6478000000
  ascwebhooks webhooks ensure --app 6478000000 --name notifications --event marketplace \
    --endpoint-url https://marketplace.example/notifications --secret-file secret.txt`,
	}
	w.flags(group)
	group.AddCommand(w.newList(), w.newGet(), w.newCreate(), w.newUpdate(), w.newDelete(), w.newEnsure(),
		w.newPing(), w.newDeliveries(), w.newRedeliver(), w.newCatchUp())
	return group
}

func (w *webhooks) newList() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List an app's webhooks",
		Long: `List the webhooks of an app, one on each line: its ID, whether it is enabled, its
URL and its name.`,
		Example: `  ascwebhooks webhooks list --app 6478000000
  ascwebhooks webhooks list --bundle-id com.example.app --output json | jq -r .id`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			app, err := w.app.needed()
			if err != nil {
				return err
			}
			return w.call(cmd, func(ctx context.Context, client *wrapper.Client) error {
				appID, err := app.find(ctx, client)
				if err != nil {
					return err
				}
				for webhook, err := range client.Webhooks.List(ctx, appID) {
					if err != nil {
						return err
					}
					line := strings.Join([]string{webhook.ID, enabled(webhook), webhook.URL, webhook.Name}, "  ")
					if err := w.print(newWebhookDocument(webhook), oneLine(line)+"\n"); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	w.app.add(cmd)
	return cmd
}

func (w *webhooks) newGet() *cobra.Command {
	return &cobra.Command{
		Use:   "get ID",
		Short: "Show a webhook",
		Long:  "Show a webhook. Its secret cannot be read back.",
		Example: `  ascwebhooks webhooks get 8c1d6a0e-36cb-4f3b-9d3f-5b8a7f0c2e11
  ascwebhooks webhooks get 8c1d6a0e-36cb-4f3b-9d3f-5b8a7f0c2e11 --output json | jq -r .url`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return w.call(cmd, func(ctx context.Context, client *wrapper.Client) error {
				return w.printWebhook(client.Webhooks.Get(ctx, args[0]))
			})
		},
	}
}

func (w *webhooks) newCreate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "create --name NAME --endpoint-url URL --event TYPE",
		Short: "Register a webhook for an app",
		Long: `Register a webhook for an app: the URL that App Store Connect posts to, the types
of events, and the secret that it signs them with. Use 'ping' to test it.`,
		Example: `  ascwebhooks webhooks create --app 6478000000 --name notifications --event marketplace \
    --endpoint-url https://marketplace.example/notifications --secret-file secret.txt
  ascwebhooks webhooks create --app 6478000001 --name builds --event BUILD_UPLOAD_STATE_UPDATED \
    --endpoint-url https://ci.example/builds --secret-file secret.txt`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			app, appErr := w.app.needed()
			params, err := w.params(cmd, w.needSecret)
			if err := cmp.Or(appErr, err); err != nil {
				return err
			}
			return w.call(cmd, func(ctx context.Context, client *wrapper.Client) error {
				appID, err := app.find(ctx, client)
				if err != nil {
					return err
				}
				return w.printWebhook(client.Webhooks.Create(ctx, appID, params))
			})
		},
	}
	w.app.add(cmd)
	w.paramFlags(cmd, "name", "endpoint-url", "event")
	return cmd
}

func (w *webhooks) newUpdate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "update ID",
		Short: "Change a webhook",
		Long: `Change a webhook; what is not given stays as it is. The event types that are given
replace all the previous ones. A secret in ` + secretVariable + ` counts as given.
--disabled stops deliveries; --disabled=false resumes them. Its app cannot be changed.`,
		Example: `  ascwebhooks webhooks update 8c1d6a0e-36cb-4f3b-9d3f-5b8a7f0c2e11 --secret-file new-secret.txt
  ascwebhooks webhooks update 8c1d6a0e-36cb-4f3b-9d3f-5b8a7f0c2e11 --event all --disabled=false`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			params, err := w.params(cmd, w.secret)
			if err != nil {
				return err
			}
			if w.name == "" && w.endpointURL == "" && params.Secret.IsZero() && params.EventTypes == nil && params.Enabled == nil {
				return usagef("nothing to change: give --name, --endpoint-url, --secret-file, --event or --disabled")
			}
			return w.call(cmd, func(ctx context.Context, client *wrapper.Client) error {
				return w.printWebhook(client.Webhooks.Update(ctx, args[0], params))
			})
		},
	}
	w.paramFlags(cmd)
	return cmd
}

func (w *webhooks) newDelete() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "delete ID",
		Short: "Remove a webhook; its notifications stop",
		Long: `Remove a webhook; its notifications stop. On a terminal it asks first; elsewhere
it needs --yes.`,
		Example: "  ascwebhooks webhooks delete 8c1d6a0e-36cb-4f3b-9d3f-5b8a7f0c2e11 --yes",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := w.canConfirm(yes); err != nil {
				return err
			}
			return w.call(cmd, func(ctx context.Context, client *wrapper.Client) error {
				webhook, err := wrapper.Webhook{ID: args[0]}, error(nil)
				if !yes {
					webhook, err = client.Webhooks.Get(ctx, args[0])
				}
				if err != nil {
					return err
				}
				return w.deleteConfirmed(ctx, yes, webhook.ID, webhook.URL, client.Webhooks.Delete)
			})
		},
	}
	yesFlag(cmd, &yes)
	return cmd
}

func (w *webhooks) newEnsure() *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "ensure --name NAME --endpoint-url URL --event TYPE",
		Short: "Make sure that an app has this webhook",
		Long: `Create the app's webhook with this URL or update it, so that it has this name,
secret and these event types. It is safe to repeat, and to run on several machines
at once: of webhooks with the same name and URL it keeps one. It changes nothing if
one of another name has this URL as well, or if there is none and the app has ten
webhooks. With --dry-run it prints each difference to what is registered.`,
		Example: `  ascwebhooks webhooks ensure --app 6478000000 --name notifications --event marketplace \
    --endpoint-url https://marketplace.example/notifications --secret-file secret.txt --dry-run`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			app, appErr := w.app.needed()
			params, err := w.params(cmd, w.needSecret)
			if err := cmp.Or(appErr, err); err != nil {
				return err
			}
			return w.call(cmd, func(ctx context.Context, client *wrapper.Client) error {
				appID, err := app.find(ctx, client)
				if err != nil {
					return err
				}
				plan, err := planEnsure(ctx, client, appID, params)
				if err != nil {
					return err
				}
				if err := plan.refuse(); err != nil {
					return fmt.Errorf("%w; nothing was changed", err)
				}
				if dryRun {
					return w.printEnsurePlan(plan)
				}
				result, err := client.Webhooks.Ensure(ctx, appID, params)
				if err != nil {
					return err
				}
				document := struct {
					Action  wrapper.EnsureAction `json:"action"`
					Deleted []string             `json:"deleted,omitempty"`
					webhookDocument
				}{result.Action, result.Deleted, newWebhookDocument(result.Webhook)}
				return w.print(document, string(result.Action)+"\n"+webhookText(result.Webhook)+each("deleted", result.Deleted))
			})
		},
	}
	w.app.add(cmd)
	w.paramFlags(cmd, "name", "endpoint-url", "event")
	dryRunFlag(cmd, &dryRun)
	return cmd
}
