package main

// Pings and deliveries of webhooks.

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/wrapper"
)

func (w *webhooks) newPing() *cobra.Command {
	return &cobra.Command{
		Use:     "ping ID",
		Short:   "Have App Store Connect post a ping to a webhook",
		Long:    `Have App Store Connect post a ping to a webhook. 'deliveries' shows the result.`,
		Example: "  ascwebhooks webhooks ping 8c1d6a0e-36cb-4f3b-9d3f-5b8a7f0c2e11",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return w.call(cmd, func(ctx context.Context, client *wrapper.Client) error {
				if err := client.Webhooks.Ping(ctx, args[0]); err != nil {
					return err
				}
				return w.print(map[string]any{"id": args[0], "pinged": true}, "pinged: "+oneLine(args[0])+"\n")
			})
		},
	}
}

func (w *webhooks) newDeliveries() *cobra.Command {
	var since string
	var states []string
	cmd := &cobra.Command{
		Use:   "deliveries ID",
		Short: "List what was posted to a webhook, and with what result",
		Long: `List the deliveries to a webhook, one on each line: when it was created, its state,
the status that the receiver responded with, the type of event and the
delivery's ID. App Store Connect lists the last ten days. With --output json each
line also has what was posted.`,
		Example: `  ascwebhooks webhooks deliveries 8c1d6a0e-36cb-4f3b-9d3f-5b8a7f0c2e11 --since 24h
  ascwebhooks webhooks deliveries 8c1d6a0e-36cb-4f3b-9d3f-5b8a7f0c2e11 --state failed --output json | jq -r .id`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			filter, err := newDeliveryFilter(since, states, time.Now())
			if err != nil {
				return err
			}
			return w.call(cmd, func(ctx context.Context, client *wrapper.Client) error {
				for delivery, err := range client.Webhooks.Deliveries(ctx, args[0], filter) {
					if err := w.printDelivery(delivery, err); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&since, "since", "", "`time` of creation from which to list: "+sinceUsage)
	cmd.Flags().StringArrayVar(&states, "state", nil, "`state` to list: failed, pending or succeeded (repeatable)")
	complete(cmd, "state", "failed", "pending", "succeeded")
	return cmd
}

func (w *webhooks) newRedeliver() *cobra.Command {
	return &cobra.Command{
		Use:   "redeliver DELIVERY-ID",
		Short: "Have App Store Connect post the event of a delivery again",
		Long: `Have App Store Connect post the event of a delivery again, and print the new
delivery. 'deliveries' shows the result.`,
		Example: "  ascwebhooks webhooks redeliver 4f7b2c9d-0a7e-4a52-8f43-6b0d9c1e3a20",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			w.look = "ascwebhooks webhooks deliveries WEBHOOK-ID"
			return w.call(cmd, func(ctx context.Context, client *wrapper.Client) error {
				return w.printDelivery(client.Webhooks.Redeliver(ctx, args[0]))
			})
		},
	}
}

func deliveryStates() []string {
	return []string{string(wrapper.DeliveryFailed), string(wrapper.DeliveryPending), string(wrapper.DeliverySucceeded)}
}

func newDeliveryFilter(since string, states []string, now time.Time) (filter wrapper.DeliveryFilter, err error) {
	if filter.Since, err = parseSince(since, now); err != nil {
		return filter, err
	}
	for _, state := range states {
		state = strings.ToUpper(state)
		if !slices.Contains(deliveryStates(), state) {
			return filter, usagef("--state must be failed, pending or succeeded")
		}
		filter.States = append(filter.States, wrapper.DeliveryState(state))
	}
	return filter, nil
}

type deliveryDocument struct {
	ID           string                `json:"id"`
	State        wrapper.DeliveryState `json:"state"`
	CreatedDate  time.Time             `json:"created,omitzero"`
	SentDate     time.Time             `json:"sent,omitzero"`
	Redelivery   bool                  `json:"redelivery"`
	URL          string                `json:"url,omitempty"`
	Status       int                   `json:"status,omitempty"`
	ResponseBody string                `json:"response_body,omitempty"`
	Error        string                `json:"error,omitempty"`
	EventID      string                `json:"event_id,omitempty"`
	EventType    wrapper.EventType     `json:"event_type,omitempty"`
	Ping         bool                  `json:"ping"`
	Payload      any                   `json:"payload,omitempty"` // JSON, or else a string
}

func (w *webhooks) printDelivery(d wrapper.Delivery, err error) error {
	if err != nil {
		return err
	}
	document := deliveryDocument{ID: d.ID, State: d.State, CreatedDate: d.CreatedDate, SentDate: d.SentDate, Redelivery: d.Redelivery,
		URL: d.RequestURL, Status: d.StatusCode, ResponseBody: d.ResponseBody, Error: d.ErrorMessage,
		EventID: d.EventID, EventType: d.EventType, Ping: d.Ping}
	if json.Valid(d.Payload) {
		document.Payload = json.RawMessage(d.Payload)
	} else if len(d.Payload) > 0 {
		document.Payload = string(d.Payload)
	}
	what := string(d.EventType)
	if d.Ping {
		what = "ping"
	}
	if d.Redelivery {
		what += " (again)"
	}
	line := fmt.Sprintf("%s  %-9s  %3d  %s  %s", d.CreatedDate.Format(time.RFC3339), d.State, d.StatusCode, what, d.ID)
	if d.ErrorMessage != "" {
		line += "  " + d.ErrorMessage
	}
	return w.print(document, oneLine(line)+"\n")
}
