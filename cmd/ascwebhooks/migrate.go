package main

// Moving from marketplaceWebhooks to webhooks.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// migration is one run of the command migrate.
type migration struct {
	*system
	caller
	app, name, endpointURL         string
	renames                        bool // the name was asked for
	skipCheck, dryRun, finish, yes bool
	timeout                        time.Duration
	secret                         []byte

	old  wrapper.MarketplaceWebhook // zero: there is none
	plan ensurePlan
	seen history // of the new webhook, before the run
}

func newMigrate(sys *system) *cobra.Command {
	m := &migration{system: sys, caller: caller{look: "ascwebhooks webhooks list"}}
	var secretFile string
	var flags appFlags
	cmd := &cobra.Command{
		Use:   "migrate --endpoint-url URL",
		Short: "Move from the marketplace webhook to a webhook of the marketplace app",
		Long: `Move from the deprecated marketplace webhook to a webhook of the marketplace's
app, in steps that are safe to repeat:

  1. check the endpoint: it must acknowledge a ping that is signed with the secret
     and respond 401 or 403 to a forged one; --skip-check leaves this out, where
     only Apple can reach the endpoint
  2. print each difference to what is registered; --dry-run ends here
  3. make sure that the app has an enabled webhook with this URL, secret and the
     events of alternative distribution; one that is there keeps its name, unless
     --name is given, and its other events
  4. have App Store Connect ping it, and wait until that is delivered
  5. with --finish only: delete the old webhook

Nothing is changed unless the check succeeds, nor where several webhooks of the
app have this URL, nor where none has it and the app has ten webhooks. --finish
also requires that an event of alternative distribution was delivered to the new
webhook, or --yes; on a terminal it asks. Between 4 and 5 both are registered.
Apple does not document whether it then posts each event to both, so the receiver
must accept both forms and ignore events whose effect is already stored: see
docs/migrating.md.`,
		Example: `  ascwebhooks migrate --app 6478000000 --endpoint-url https://marketplace.example/notifications --secret-file secret.txt --dry-run
  ascwebhooks migrate --app 6478000000 --endpoint-url https://marketplace.example/notifications --secret-file secret.txt
  ascwebhooks migrate --app 6478000000 --endpoint-url https://marketplace.example/notifications --secret-file secret.txt --finish`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			m.renames = cmd.Flags().Changed("name")
			app, err := flags.needed()
			if err != nil {
				return err
			}
			if m.secret, err = sys.needSecret(secretFile); err != nil {
				return err
			}
			return m.call(cmd, func(ctx context.Context, client *wrapper.Client) (err error) {
				if m.app, err = app.find(ctx, client); err != nil {
					return err
				}
				return m.run(ctx, client)
			})
		},
	}
	m.flags(cmd)
	flags.add(cmd)
	cmd.Flags().StringVar(&m.name, "name", "marketplace notifications", "`name` of the new webhook")
	cmd.Flags().StringVar(&m.endpointURL, "endpoint-url", "", endpointURLUsage)
	cmd.Flags().DurationVar(&m.timeout, "timeout", time.Minute, "how long to wait for the ping's delivery")
	cmd.Flags().BoolVar(&m.skipCheck, "skip-check", false, "post nothing to the endpoint from here")
	cmd.Flags().BoolVar(&m.finish, "finish", false, "delete the old webhook once the ping is delivered")
	dryRunFlag(cmd, &m.dryRun)
	yesFlag(cmd, &m.yes)
	secretFlag(cmd, &secretFile)
	mustSet(cmd.MarkFlagRequired("endpoint-url"))
	return cmd
}

func (m *migration) run(ctx context.Context, client *wrapper.Client) error {
	if err := m.look(ctx, client); err != nil {
		return err
	}
	if err := m.refuse(ctx); err != nil {
		return fmt.Errorf("%w; nothing was changed", err)
	}
	if m.dryRun {
		m.sayDryRun()
		return m.print(m.document(false), m.planText())
	}
	_, _ = fmt.Fprint(m.stderr, m.planText())
	if m.asks() && !m.confirm(ctx, "No event has been delivered to the new webhook yet. Delete the old one all the same?") {
		return errors.New("nothing was changed")
	}
	if err := m.apply(ctx, client); err != nil {
		return err
	}
	if err := m.ping(ctx, client); err != nil {
		return err
	}
	m.infof("ping delivered")
	if m.deletes() {
		if err := client.MarketplaceWebhooks.Delete(ctx, m.old.ID); err != nil && !errors.Is(err, wrapper.ErrNotFound) {
			return err
		}
	}
	return m.print(m.document(m.deletes()), m.resultText())
}

// look reads what is registered, and plans.
func (m *migration) look(ctx context.Context, client *wrapper.Client) (err error) {
	m.old, err = client.MarketplaceWebhooks.Get(ctx)
	if err != nil && !errors.Is(err, wrapper.ErrNotFound) {
		return err
	}
	m.plan, err = planEnsure(ctx, client, m.app, m.params())
	if err != nil || m.plan.registered.ID == "" {
		return err
	}
	m.plan.stay = append(m.plan.stay, m.plan.deleted...) // only the old webhook is ever deleted
	registered, wanted := m.plan.registered, &m.plan.wanted
	wanted.URL = registered.URL // that differs in spelling only
	if !m.renames {
		wanted.Name = registered.Name
	}
	missing := slices.DeleteFunc(wrapper.MarketplaceEvents(), func(t wrapper.EventType) bool {
		return slices.Contains(registered.EventTypes, t)
	})
	wanted.EventTypes = slices.Concat(registered.EventTypes, missing)
	m.seen, err = readHistory(ctx, client, registered.ID, wrapper.DeliveryFilter{})
	return err
}

// params are those of a webhook that does not exist yet.
func (m *migration) params() wrapper.WebhookParams {
	return wrapper.WebhookParams{
		Name: m.name, URL: m.endpointURL, Secret: wrapper.NewSecret(string(m.secret)),
		EventTypes: wrapper.MarketplaceEvents(),
	}
}

// refuse returns why nothing may be changed.
func (m *migration) refuse(ctx context.Context) error {
	if err := m.plan.refuse(); err != nil {
		return err
	}
	if m.needsYes() && !isTerminal(m.stdin) {
		return errors.New("--finish would delete the old webhook before any event was delivered to the new one: " +
			"run this without --finish and wait for an event, or give --yes")
	}
	if m.skipCheck {
		return nil
	}
	return checkEndpoint(ctx, m.endpointURL, m.secret)
}

func (m *migration) deletes() bool  { return m.finish && m.old.ID != "" }
func (m *migration) needsYes() bool { return m.deletes() && !m.seen.marketplaceEvent && !m.yes }
func (m *migration) asks() bool     { return m.needsYes() && isTerminal(m.stdin) }

// apply does what is planned. One that is registered is updated by its ID, so
// that the plan and nothing else is done.
func (m *migration) apply(ctx context.Context, client *wrapper.Client) error {
	if m.plan.registered.ID == "" {
		result, err := client.Webhooks.Ensure(ctx, m.app, m.params())
		m.plan.wanted = result.Webhook
		return err
	}
	wanted := m.plan.wanted
	_, err := client.Webhooks.Update(ctx, wanted.ID, wrapper.WebhookParams{
		Name: wanted.Name, Secret: wrapper.NewSecret(string(m.secret)), EventTypes: wanted.EventTypes, Enabled: new(true),
	})
	return err
}

type migrationDocument struct {
	ensurePlanDocument
	OldID      string `json:"old_webhook_id,omitempty"`
	OldURL     string `json:"old_endpoint_url,omitempty"`
	OldDeleted bool   `json:"old_webhook_deleted"`
}

func (m *migration) document(deleted bool) migrationDocument {
	id := m.plan.wanted.ID
	if m.dryRun {
		id = m.plan.registered.ID
	}
	plan := ensurePlanDocument{Action: m.plan.action, DryRun: m.dryRun, ID: id, Differences: m.plan.differences()}
	return migrationDocument{plan, m.old.ID, m.old.EndpointURL, deleted}
}

func (m *migration) planText() string {
	old := "(none)"
	switch {
	case m.deletes():
		old = fmt.Sprintf("%s, which posts to %s: will be deleted", m.old.ID, m.old.EndpointURL)
	case m.old.ID != "":
		old = fmt.Sprintf("%s, which posts to %s: stays, without --finish", m.old.ID, m.old.EndpointURL)
	}
	text := fields("new webhook", cmp.Or(m.plan.registered.ID, "will be created"))
	for _, d := range m.plan.differences() {
		text += d.text()
	}
	return text + fields("old webhook", old)
}

func (m *migration) resultText() string {
	old := "(none)"
	switch {
	case m.deletes():
		old = m.old.ID + " (deleted)"
	case m.old.ID != "":
		old = m.old.ID + " (still registered; delete it with --finish)"
	}
	return fields("new webhook", m.plan.wanted.ID, "old webhook", old)
}
