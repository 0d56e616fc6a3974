package main

// Catching up with what a receiver missed.

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

func (w *webhooks) newCatchUp() *cobra.Command {
	c := catchUp{webhooks: w}
	var since string
	cmd := &cobra.Command{
		Use:   "catch-up ID",
		Short: "Print or forward what a webhook's receiver missed",
		Long: `Print the payload of every event whose last delivery did not succeed, oldest
first. With --forward, post it to a receiver instead, signed with the secret.
Without --since it goes back ten days less an hour, the most that App Store
Connect lists. It asks Apple for no redelivery.

At the end, and when it is interrupted or the receiver refuses an event, it prints
the time to give as --since next time. The receiver may then get some events
again, and recognises them by their ID.`,
		Example: `  ascwebhooks webhooks catch-up 8c1d6a0e-36cb-4f3b-9d3f-5b8a7f0c2e11 --dry-run
  ascwebhooks webhooks catch-up 8c1d6a0e-36cb-4f3b-9d3f-5b8a7f0c2e11 \
    --forward http://127.0.0.1:3000/notifications --secret-file secret.txt --since 2026-11-20T00:00:00Z`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			from, err := parseSince(since, time.Now())
			if err != nil {
				return err
			}
			if err := c.prepare(); err != nil {
				return err
			}
			return w.call(cmd, func(ctx context.Context, client *wrapper.Client) error {
				return c.run(ctx, client, args[0], from)
			})
		},
	}
	cmd.Flags().StringVar(&since, "since", "", "`time` to go back to: 2026-11-20T00:00:00Z, or how long ago, such as 24h;\nat most ten days")
	cmd.Flags().StringVar(&c.forward, "forward", "", "`URL` of a receiver to post the payloads to")
	cmd.Flags().BoolVar(&c.dryRun, "dry-run", false, "print what would be posted, and post nothing")
	secretFlag(cmd, &c.secretFile)
	return cmd
}

// catchUp is one run of the command.
type catchUp struct {
	*webhooks
	forward, secretFile string
	dryRun              bool
	secret              []byte
	count               int
}

func (c *catchUp) prepare() (err error) {
	if c.forward == "" || c.dryRun {
		return nil
	}
	if err := checkTarget("--forward", c.forward); err != nil {
		return err
	}
	c.secret, err = c.needSecret(c.secretFile)
	return err
}

func (c *catchUp) run(ctx context.Context, client *wrapper.Client, id string, since time.Time) error {
	next, err := client.Webhooks.CatchUp(ctx, id, since, c.handOver)
	if !next.IsZero() {
		c.infof("%d events; continue with --since %s", c.count, next.UTC().Format(time.RFC3339))
	}
	return err
}

// handOver prints or posts one payload.
func (c *catchUp) handOver(ctx context.Context, payload []byte) (err error) {
	if c.forward != "" && !c.dryRun {
		err = forward(ctx, c.forward, payload, notification.Sign(c.secret, payload))
	} else {
		err = c.printPayload(payload)
	}
	if err == nil {
		c.count++
	}
	return err
}

// printPayload prints what may not be JSON as a JSON string.
func (c *catchUp) printPayload(payload []byte) error {
	n, err := notification.Decode(payload)
	if err != nil {
		return c.print(string(payload), fmt.Sprintf("(malformed, %d bytes)\n", len(payload)))
	}
	return c.print(json.RawMessage(payload), oneLine(summary(n))+"\n")
}
