package main

// What Webhooks.Ensure would do, and what of that is new.

import (
	"context"
	"slices"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// ensurePlan is what Ensure would do to an app's webhook.
type ensurePlan struct {
	action     wrapper.EnsureAction
	registered wrapper.Webhook // zero: there is none with this URL
	wanted     wrapper.Webhook
	deleted    []string
}

func planEnsure(ctx context.Context, client *wrapper.Client, app string, p wrapper.WebhookParams) (ensurePlan, error) {
	ctx = rehearse(ctx)
	result, err := client.Webhooks.Ensure(ctx, app, p)
	plan := ensurePlan{action: result.Action, wanted: result.Webhook, deleted: result.Deleted}
	if err == nil && plan.action == wrapper.EnsureUpdated {
		plan.registered, err = client.Webhooks.Get(ctx, result.Webhook.ID)
	}
	return plan, err
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

func (w *webhooks) printEnsurePlan(ctx context.Context, client *wrapper.Client, app string, p wrapper.WebhookParams) error {
	plan, err := planEnsure(ctx, client, app, p)
	if err != nil {
		return err
	}
	w.sayDryRun()
	return w.print(ensurePlanDocument{plan.action, true, plan.registered.ID, plan.differences(), plan.deleted}, plan.text())
}
