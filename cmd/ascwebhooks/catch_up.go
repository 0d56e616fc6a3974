package main

// Catching up with what a receiver missed.

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
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
first. With --forward, post it to a receiver instead, signed with the secret. One
that the receiver refuses stops no other. Without --since and --next-file it goes
back ten days, the most that App Store Connect lists. It asks Apple for no
redelivery.

At the end it prints where to go on: the time to give as --since next time, with
--output json as a last line {"next": ...}. --next-file keeps that time in a file.
The receiver may then get some events again, and recognises them by their ID. If
the file's time is over ten days ago, what is listed is handed over all the same,
and the exit code is 1.

With --every it goes on until interrupted, and hands an event over once. A failure
that waiting can cure is told and does not end it.`,
		Example: `  ascwebhooks webhooks catch-up 8c1d6a0e-36cb-4f3b-9d3f-5b8a7f0c2e11 --since 2d --dry-run
  ascwebhooks webhooks catch-up 8c1d6a0e-36cb-4f3b-9d3f-5b8a7f0c2e11 \
    --forward http://127.0.0.1:3000/notifications --secret-file secret.txt --next-file next.txt --every 5m`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if c.since, err = parseSince(since, time.Now()); err != nil {
				return err
			}
			if cmd.Flags().Changed("every") && c.every < time.Second {
				return usagef("--every must be at least a second, such as 5m")
			}
			if err := c.prepare(); err != nil {
				return err
			}
			return w.call(cmd, func(ctx context.Context, client *wrapper.Client) error {
				return c.run(ctx, client, args[0])
			})
		},
	}
	cmd.Flags().StringVar(&since, "since", "", "`time` to go back to: "+sinceUsage)
	cmd.Flags().StringVar(&c.nextFile, "next-file", "", "`path` of a file that holds the time to go back to, and gets the next one;\nit is made if it is absent")
	cmd.Flags().DurationVar(&c.every, "every", 0, "go on: catch up this often, such as 5m")
	cmd.Flags().StringVar(&c.forward, "forward", "", "`URL` of a receiver to post the payloads to")
	cmd.Flags().BoolVar(&c.dryRun, "dry-run", false, "print what would be posted, and post nothing; --next-file stays as it is")
	completeFiles(cmd, "next-file")
	cmd.MarkFlagsMutuallyExclusive("since", "next-file")
	secretFlag(cmd, &c.secretFile)
	return cmd
}

// catchUp is one run of the command.
type catchUp struct {
	*webhooks
	forward, secretFile, nextFile string
	every                         time.Duration // zero: once
	dryRun                        bool
	secret                        []byte
	since                         time.Time

	count       int                        // of this pass
	taken, seen map[[sha256.Size]byte]bool // payloads handed over, and those of this pass
}

func (c *catchUp) prepare() (err error) {
	if c.nextFile != "" {
		if c.since, err = readNext(c.nextFile); err != nil {
			return err
		}
	}
	if c.forward == "" {
		return nil
	}
	if err := checkTarget("--forward", c.forward); err != nil {
		return err
	}
	c.secret, err = c.needSecret(c.secretFile)
	return err
}

// run makes one pass, or with --every one after the other.
func (c *catchUp) run(ctx context.Context, client *wrapper.Client, id string) error {
	c.taken = map[[sha256.Size]byte]bool{}
	for {
		err := c.pass(ctx, client, id)
		if c.every == 0 || isFinal(err) {
			return err
		}
		if err != nil && ctx.Err() == nil {
			c.infof("ascwebhooks: %s", oneLine((&advisedError{err: err}).Error()))
		}
		select {
		case <-time.After(c.every):
		case <-ctx.Done():
			return nil
		}
	}
}

// pass catches up once, and tells where to go on.
func (c *catchUp) pass(ctx context.Context, client *wrapper.Client, id string) error {
	c.count, c.seen = 0, map[[sha256.Size]byte]bool{}
	next, err := client.Webhooks.CatchUp(ctx, id, c.since, c.handOver)
	if err == nil {
		c.taken = c.seen // what is not listed any more is forgotten
	}
	maps.Copy(c.taken, c.seen)
	if next.IsZero() || isFinal(err) {
		return err
	}
	c.since = next
	return errors.Join(err, c.keepNext())
}

// keepNext tells where to go on: people, programs and the next process.
func (c *catchUp) keepNext() error {
	c.infof("events handed over: %d; continue with --since %s", c.count, formatNext(c.since))
	err := c.print(map[string]string{"next": formatNext(c.since)}, "")
	if c.nextFile != "" && !c.dryRun {
		err = errors.Join(err, writeNext(c.nextFile, c.since))
	}
	if err != nil {
		return finalError{err}
	}
	return nil
}

// finalError ends --every.
type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }

// isFinal reports what waiting cannot cure: what App Store Connect refuses, the
// rate limit aside, and what cannot be written.
func isFinal(err error) bool {
	if _, ok := errors.AsType[finalError](err); ok || errors.Is(err, wrapper.ErrInvalid) {
		return true
	}
	refused, ok := errors.AsType[*wrapper.APIError](err)
	return ok && refused.StatusCode/100 == 4 && refused.StatusCode != http.StatusTooManyRequests
}

// handOver prints or posts one payload, unless an earlier pass did.
func (c *catchUp) handOver(ctx context.Context, payload []byte) (err error) {
	key := sha256.Sum256(payload)
	switch {
	case c.taken[key]:
		c.seen[key] = true
		return nil
	case c.forward != "" && !c.dryRun:
		err = forward(ctx, c.forward, payload, notification.Sign(c.secret, payload))
	default:
		err = c.printPayload(payload)
	}
	if err == nil {
		c.count++
		c.seen[key] = true
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
