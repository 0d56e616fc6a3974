package main

// What Webhooks.Ensure would do, what of that is new, and whether it may be done.

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// maxWebhooks is how many an app may have.
const maxWebhooks = 10

// ensurePlan is what Ensure would do to an app's webhook.
type ensurePlan struct {
	action     wrapper.EnsureAction
	registered wrapper.Webhook // zero: there is none with this URL
	wanted     wrapper.Webhook
	deleted    []string
	stay       []string // IDs of those that would have this URL, the wanted one first
	there      []string // IDs of all that the app has
}

func planEnsure(ctx context.Context, client *wrapper.Client, app string, p wrapper.WebhookParams) (plan ensurePlan, err error) {
	rehearsed := rehearse(ctx)
	result, err := client.Webhooks.Ensure(rehearsed, app, p)
	if err != nil {
		return plan, err
	}
	plan = ensurePlan{action: result.Action, wanted: result.Webhook, deleted: result.Deleted}
	for webhook, err := range client.Webhooks.List(ctx, app) {
		if err != nil {
			return plan, err
		}
		plan.there = append(plan.there, webhook.ID)
		if webhook.ID == result.Webhook.ID {
			plan.registered = webhook
		}
	}
	for result.Action == wrapper.EnsureUpdated {
		plan.stay = append(plan.stay, result.Webhook.ID)
		// Were it gone, Ensure would take the next one with this URL.
		if err = client.Webhooks.Delete(rehearsed, result.Webhook.ID); err == nil {
			result, err = client.Webhooks.Ensure(rehearsed, app, p)
		}
		if err != nil {
			return plan, err
		}
	}
	return plan, nil
}

// refuse returns why nothing of the plan may be done.
func (p ensurePlan) refuse() error {
	switch {
	case len(p.stay) > 1:
		return fmt.Errorf("several webhooks of the app have this URL, so events would arrive more than once: %s; "+
			"delete all but one with 'ascwebhooks webhooks delete ID'", strings.Join(p.stay, ", "))
	case p.action == wrapper.EnsureCreated && len(p.there) >= maxWebhooks:
		return fmt.Errorf("%w, and none of them has this URL: %s; delete one that is no longer needed "+
			"with 'ascwebhooks webhooks delete ID'", wrapper.ErrTooManyWebhooks, strings.Join(p.there, ", "))
	}
	return nil
}

// difference is in what a webhook differs from what is registered: From is
// empty for what is added, To for what is removed.
type difference struct {
	Field string `json:"field"`
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
}

func (p ensurePlan) differences() (found []difference) {
	add := func(field, from, to string) {
		if from != to {
			found = append(found, difference{field, from, to})
		}
	}
	from, to := p.registered, p.wanted
	state := ""
	if from.ID != "" {
		state = enabled(from)
	}
	add("name", from.Name, to.Name)
	add("URL", from.URL, to.URL)
	for _, eventType := range to.EventTypes {
		if !slices.Contains(from.EventTypes, eventType) {
			add("event", "", string(eventType))
		}
	}
	for _, eventType := range from.EventTypes {
		if !slices.Contains(to.EventTypes, eventType) {
			add("event", string(eventType), "")
		}
	}
	add("state", state, enabled(to))
	add("secret", "unknown", "will be set") // nobody can read which one is registered
	return found
}

func (d difference) text() string {
	switch {
	case d.From == "":
		return fields(d.Field, "+ "+d.To)
	case d.To == "":
		return fields(d.Field, "- "+d.From)
	}
	return fields(d.Field, d.From+" -> "+d.To)
}

// ensurePlanDocument is a plan as it is printed.
type ensurePlanDocument struct {
	Action      wrapper.EnsureAction `json:"action"`
	DryRun      bool                 `json:"dry_run"`
	ID          string               `json:"id,omitempty"`
	Differences []difference         `json:"differences"`
	Deleted     []string             `json:"deleted,omitempty"`
}

func (p ensurePlan) text() string {
	text := string(p.action) + "\n" + fields("id", p.registered.ID)
	for _, d := range p.differences() {
		text += d.text()
	}
	return text + each("deleted", p.deleted)
}

func (w *webhooks) printEnsurePlan(plan ensurePlan) error {
	w.sayDryRun()
	return w.print(ensurePlanDocument{plan.action, true, plan.registered.ID, plan.differences(), plan.deleted}, plan.text())
}
