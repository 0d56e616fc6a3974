package main

// Moving from marketplaceWebhooks to webhooks.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// migration is one run of the command migrate, from plan to end.
type migration struct {
	*system
	caller
	app, name, endpointURL string
	dryRun, finish         bool
	timeout                time.Duration

	old wrapper.MarketplaceWebhook // zero: there is none (any more)
	new wrapper.Webhook
}

func newMigrate(sys *system) *cobra.Command {
	m := &migration{system: sys, caller: caller{look: "ascwebhooks webhooks list"}}
	var secretFile string
	cmd := &cobra.Command{
		Use:   "migrate --endpoint-url URL",
		Short: "Move from the marketplace webhook to a webhook of the marketplace app",
		Long: `Move from the deprecated marketplace webhook to a webhook of the marketplace's
app, in steps that are safe to repeat:

  1. make sure that the app has a webhook with this URL, secret and the events of
     alternative distribution
  2. ping it, and wait until the ping is delivered
  3. with --finish only: delete the old webhook

Between 2 and 3 both are registered. Apple does not document whether it then posts
each event to both, so the receiver must accept both forms and ignore events whose
effect is already stored: see docs/migrating.md. Run it without --finish, watch the
new notifications arrive, then run it with --finish.`,
		Example: `  ascwebhooks migrate --app 6478000000 --endpoint-url https://marketplace.example/notifications --secret-file secret.txt --dry-run
  ascwebhooks migrate --app 6478000000 --endpoint-url https://marketplace.example/notifications --secret-file secret.txt
  ascwebhooks migrate --app 6478000000 --endpoint-url https://marketplace.example/notifications --secret-file secret.txt --finish`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			app, err := neededApp(m.app)
			if err != nil {
				return err
			}
			secret, err := sys.needSecret(secretFile)
			if err != nil {
				return err
			}
			return m.call(cmd, func(ctx context.Context, client *wrapper.Client) error {
				return m.run(ctx, client, app, wrapper.WebhookParams{
					Name: m.name, URL: m.endpointURL, Secret: wrapper.NewSecret(string(secret)),
					EventTypes: wrapper.MarketplaceEvents(),
				})
			})
		},
	}
	m.flags(cmd)
	appFlag(cmd, &m.app)
	cmd.Flags().StringVar(&m.name, "name", "marketplace notifications", "`name` of the new webhook")
	cmd.Flags().StringVar(&m.endpointURL, "endpoint-url", "", endpointURLUsage)
	cmd.Flags().DurationVar(&m.timeout, "timeout", time.Minute, "how long to wait for the ping's delivery")
	cmd.Flags().BoolVar(&m.finish, "finish", false, "delete the old webhook once the ping is delivered")
	cmd.Flags().BoolVar(&m.dryRun, "dry-run", false, "print the plan, and change nothing")
	secretFlag(cmd, &secretFile)
	mustSet(cmd.MarkFlagRequired("endpoint-url"))
	return cmd
}

func (m *migration) run(ctx context.Context, client *wrapper.Client, app string, p wrapper.WebhookParams) error {
	var err error
	m.old, err = client.MarketplaceWebhooks.Get(ctx)
	if err != nil && !errors.Is(err, wrapper.ErrNotFound) {
		return err
	}
	if m.dryRun {
		return m.printPlan(app)
	}
	result, err := client.Webhooks.Ensure(ctx, app, p)
	if err != nil {
		return err
	}
	m.new = result.Webhook
	m.infof("webhook %s: %s", oneLine(m.new.ID), result.Action)
	if err := m.ping(ctx, client); err != nil {
		return err
	}
	m.infof("ping delivered")
	if m.finish && m.old.ID != "" {
		if err := client.MarketplaceWebhooks.Delete(ctx, m.old.ID); err != nil && !errors.Is(err, wrapper.ErrNotFound) {
			return err
		}
	}
	return m.printResult(result.Action)
}

// ping waits for the delivery of a ping of its own: the first that was not
// listed before.
func (m *migration) ping(ctx context.Context, client *wrapper.Client) error {
	before, err := m.pings(ctx, client)
	if err != nil {
		return err
	}
	if err := client.Webhooks.Ping(ctx, m.new.ID); err != nil {
		return err
	}
	deadline := time.Now().Add(m.timeout)
	for wait := 250 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		now, err := m.pings(ctx, client)
		if err != nil {
			return err
		}
		for id, delivery := range now {
			if _, listed := before[id]; listed {
				continue
			}
			switch delivery.State {
			case wrapper.DeliverySucceeded:
				return nil
			case wrapper.DeliveryFailed:
				return fmt.Errorf("the ping was not accepted: %s; fix the receiver and run this again", failure(delivery))
			}
		}
		if time.Now().Add(wait).After(deadline) {
			return errors.New("the ping was not delivered yet; run this again later, or with a longer --timeout")
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func failure(d wrapper.Delivery) string {
	if d.StatusCode != 0 {
		return "the receiver responded " + statusText(d.StatusCode)
	}
	return oneLine(cmp.Or(d.ErrorMessage, "no reason is given"))
}

// pings lists the deliveries of pings, by id. An hour is enough: only what is
// new counts.
func (m *migration) pings(ctx context.Context, client *wrapper.Client) (map[string]wrapper.Delivery, error) {
	listed := map[string]wrapper.Delivery{}
	filter := wrapper.DeliveryFilter{Since: time.Now().Add(-time.Hour)}
	for delivery, err := range client.Webhooks.Deliveries(ctx, m.new.ID, filter) {
		if err != nil {
			return nil, err
		}
		if delivery.Ping {
			listed[delivery.ID] = delivery
		}
	}
	return listed, nil
}

type migrationDocument struct {
	DryRun     bool                 `json:"dry_run"`
	Action     wrapper.EnsureAction `json:"action,omitempty"`
	WebhookID  string               `json:"webhook_id,omitempty"`
	OldID      string               `json:"old_webhook_id,omitempty"`
	OldURL     string               `json:"old_endpoint_url,omitempty"`
	OldDeleted bool                 `json:"old_webhook_deleted"`
}

func (m *migration) document(action wrapper.EnsureAction, deleted bool) migrationDocument {
	return migrationDocument{m.dryRun, action, m.new.ID, m.old.ID, m.old.EndpointURL, deleted}
}

func (m *migration) printPlan(app string) error {
	third := "delete nothing: run it with --finish for that"
	switch {
	case m.old.ID == "":
		third = "delete nothing: there is no marketplace webhook"
	case m.finish:
		third = "delete the marketplace webhook " + m.old.ID + ", which posts to " + m.old.EndpointURL
	}
	text := fmt.Sprintf("1. make sure that app %s has a webhook for %s\n2. ping it and wait at most %v for the delivery\n3. %s\n",
		app, oneLine(m.endpointURL), m.timeout, oneLine(third))
	m.infof("dry run: nothing is changed; this is what would be done")
	return m.print(m.document("", false), text)
}

func (m *migration) printResult(action wrapper.EnsureAction) error {
	deleted := m.finish && m.old.ID != ""
	old := "(none)"
	switch {
	case deleted:
		old = m.old.ID + " (deleted)"
	case m.old.ID != "":
		old = m.old.ID + " (still registered; delete it with --finish)"
	}
	return m.print(m.document(action, deleted), fields("new webhook", m.new.ID, "old webhook", old))
}
