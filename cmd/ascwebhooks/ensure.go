package main

// The command ensure.

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/wrapper"
)

func newEnsure(sys *system) *cobra.Command {
	var conn connection
	var endpointURL, secretFile string
	var replace, dry bool
	cmd := &cobra.Command{
		Use:   "ensure --endpoint-url URL",
		Short: "Make sure that the webhook is there with this URL and secret",
		Long: `Create the webhook, change it or leave it, so that it has this URL and secret.
It may be run as often as you like. A secret that is given is always set, since
nobody can read which one is registered. A webhook that has another URL is left
alone, and the command fails, unless --replace is given.`,
		Example: `  ascwebhooks ensure --endpoint-url https://marketplace.example/notifications --secret-file secret.txt
  ascwebhooks ensure --endpoint-url https://marketplace.example/notifications --replace --dry-run`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "endpoint-url"); err != nil {
				return err
			}
			secret, err := sys.secret(cmd)
			if err != nil {
				return err
			}
			want := wrapper.MarketplaceWebhookParams{EndpointURL: endpointURL}
			if secret != nil {
				want.Secret = wrapper.NewSecret(string(secret))
			}
			if dry {
				conn.transport = func(next http.RoundTripper) http.RoundTripper { return dryRun{next} }
			}
			return conn.call(cmd.Context(), sys, func(ctx context.Context, client *wrapper.Client) error {
				result, err := client.MarketplaceWebhooks.Ensure(ctx, want)
				if other, ok := errors.AsType[*wrapper.OtherEndpointError](err); ok && replace {
					result.Action = ensureReplaced
					result.Webhook, err = client.MarketplaceWebhooks.Update(ctx, other.Existing.ID, want)
				}
				if err != nil {
					return err
				}
				return sys.printEnsured(result, dry)
			})
		},
	}
	endpointURLFlag(cmd, &endpointURL)
	secretFlag(cmd, &secretFile)
	cmd.Flags().BoolVar(&replace, "replace", false, "take over a webhook that has another URL")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "say what would be done, and change nothing")
	conn.flags(cmd)
	return cmd
}

// ensureReplaced is what --replace did: taken over a webhook that had another URL.
const ensureReplaced wrapper.EnsureAction = "replaced"

func (s *system) printEnsured(result wrapper.EnsureResult[wrapper.MarketplaceWebhook], dry bool) error {
	document := struct {
		Action wrapper.EnsureAction `json:"action"`
		DryRun bool                 `json:"dry_run"`
		webhookDocument
	}{result.Action, dry, webhookDocument(result.Webhook)}
	text := fmt.Sprintf("%s\n%s", result.Action, webhookText(result.Webhook))
	if dry && result.Action == wrapper.EnsureCreated {
		document.ID = ""
		text = fmt.Sprintf("%s\nendpoint URL: %s\n", result.Action, oneLine(result.Webhook.EndpointURL))
	}
	if dry {
		s.say("dry run: nothing was changed; this is what would have been done")
	}
	return s.print(document, text)
}
