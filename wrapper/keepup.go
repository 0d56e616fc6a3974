package wrapper

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"
)

// KeepUpOptions says how KeepUp works. The zero value is what most services want.
type KeepUpOptions struct {
	// Every is the time between two passes, give or take a tenth so that
	// replicas spread. Default 5 minutes; at least a second, at most a day.
	Every time.Duration
	// Since is where catching up begins, as in CatchUp. There is nothing to
	// catch up with for MarketplaceWebhooks.KeepUp, which refuses it.
	Since time.Time
	// Report, if it is not nil, is called after each pass, in KeepUp's goroutine.
	Report func(Pass)
}

// Pass is what one pass of KeepUp found and did.
type Pass struct {
	WebhookID  string
	HandedOver int       // events that handle took
	Failed     int       // events that handle refused, or that came without a payload; the next pass tries again
	Awaiting   int       // events whose delivery is under way
	Lost       int       // events that were never handled and can't be listed any more
	Next       time.Time // where a CatchUp, or another KeepUp, may go on
	Err        error     // what went wrong; nil if nothing did
}

const (
	defaultEvery  = 5 * time.Minute
	readEvery     = 12 // passes: how often the webhook itself is read
	maxRetryAfter = time.Hour
)

func (o KeepUpOptions) withDefaults() (KeepUpOptions, error) {
	o.Every = cmp.Or(o.Every, defaultEvery)
	if o.Every < time.Second || o.Every > 24*time.Hour {
		return o, invalid(fmt.Sprintf("KeepUpOptions.Every is %v; it must be between a second and a day", o.Every))
	}
	return o, nil
}

// KeepUp keeps the app's webhook registered and hands over what its receiver
// missed, until ctx ends; it then returns ctx's cause. Run it beside the server:
// it waits out whatever a wait can cure, and never needs a restart.
//
// It registers the webhook as Ensure does, with growing waits until that
// succeeds, and again whenever the webhook is gone. It catches up as CatchUp
// does, at once and then every five minutes. An event that handle took is not
// handed over again, though App Store Connect goes on listing it as failed; a
// restart forgets that, so give handle a Deduplicator that remembers.
//
// Two things are left to people. A webhook that somebody has disabled stays so,
// unless p.Enabled is set. And if no webhook of the app has this URL but one has
// this name, nothing is created or changed, and each pass reports an
// *OtherEndpointError: move it with Update(ctx, ID, p). So each service
// needs a name of its own.
//
// Before the webhook is first registered, KeepUp returns what waiting can't
// cure: an error that matches ErrInvalid, ErrNotAuthorized in two passes in a
// row, or a key whose role does not suffice (FORBIDDEN_ERROR). A missing
// agreement is waited for. From then on it returns for ctx only. Each pass is
// reported to o.Report and to the client's logger; one with nothing to do costs
// one request, and every twelfth reads the webhook too.
func (s *Webhooks) KeepUp(
	ctx context.Context, appID string, p WebhookParams, handle func(ctx context.Context, payload []byte) error, o KeepUpOptions,
) error {
	if handle == nil {
		return invalid("KeepUp needs a function that handles payloads, got nil")
	}
	o, err := o.withDefaults()
	if err = cmp.Or(err, checkAppID(appID), p.checkAll(s.c)); err != nil {
		return err
	}
	c := catcher{s: s, handle: handle, seen: o.Since, taken: map[string]time.Time{}}
	k := keeper{client: s.c, options: o}
	return k.run(ctx, func(ctx context.Context, n int) Pass {
		lost, err := 0, error(nil)
		if c.webhookID != "" && n%readEvery == 0 {
			err = s.stillThere(ctx, c.webhookID, p)
		}
		if c.webhookID == "" || errors.Is(err, ErrNotFound) {
			var result EnsureResult[Webhook]
			if result, err = s.ensure(ctx, appID, p, true); err != nil {
				return Pass{WebhookID: c.webhookID, Next: c.next(), Err: err}
			}
			k.registered = true
			lost = c.moveTo(result.Webhook.ID)
		}
		pass := c.pass(ctx)
		if pass.Lost += lost; c.gone { // the next pass registers it anew
			pass.Lost += c.moveTo("")
			pass.WebhookID = ""
		}
		pass.Err = errors.Join(err, pass.Err)
		return pass
	})
}

// stillThere reads the webhook, and reports one that somebody has moved.
func (s *Webhooks) stillThere(ctx context.Context, id string, p WebhookParams) error {
	webhook, err := s.Get(ctx, id)
	if err == nil && webhook.URL != "" && !sameURL(webhook.URL, p.URL) {
		return &OtherEndpointError{webhook.ID, webhook.URL}
	}
	return err
}

// moveTo goes on with another webhook. The deliveries of the one before are gone
// with it; moveTo returns how many of its events were not handled.
func (c *catcher) moveTo(webhookID string) (lost int) {
	if c.webhookID == webhookID {
		return 0
	}
	lost = len(c.open)
	c.webhookID, c.open = webhookID, map[string]*event{}
	return lost
}

// KeepUp keeps the account's webhook registered until ctx ends; it then returns
// ctx's cause. It is Webhooks.KeepUp without catching up, which this resource
// does not offer: each pass reads the webhook, and registers it with growing
// waits if it is gone. Another URL there is left alone: each pass reports an
// *OtherEndpointError. The secret is set once, by the first registration.
func (s *MarketplaceWebhooks) KeepUp(ctx context.Context, p MarketplaceWebhookParams, o KeepUpOptions) error {
	o, err := o.withDefaults()
	if err = cmp.Or(err, s.c.checkEndpointURL(p.EndpointURL), checkSecret(p.Secret)); err != nil {
		return err
	}
	if !o.Since.IsZero() {
		return invalid("KeepUpOptions.Since is set, but marketplaceWebhooks lists no deliveries to catch up with")
	}
	k := keeper{client: s.c, options: o}
	return k.run(ctx, func(ctx context.Context, _ int) Pass {
		if k.registered {
			webhook, err := s.Get(ctx)
			if err == nil && !sameURL(webhook.EndpointURL, p.EndpointURL) {
				err = &OtherEndpointError{webhook.ID, webhook.EndpointURL}
			}
			if !errors.Is(err, ErrNotFound) {
				return Pass{WebhookID: webhook.ID, Err: err}
			}
		}
		result, err := s.Ensure(ctx, p)
		k.registered = k.registered || err == nil
		return Pass{WebhookID: result.Webhook.ID, Err: err}
	})
}

// keeper runs passes, reports them, and waits between them.
type keeper struct {
	client     *Client
	options    KeepUpOptions
	registered bool // once
	refused    int  // passes in a row whose token was refused
	failures   int  // passes in a row without a webhook
}

func (k *keeper) run(ctx context.Context, pass func(ctx context.Context, n int) Pass) error {
	for n := 0; ; n++ {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		got := pass(ctx, n)
		k.report(ctx, got)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if k.isFinal(got.Err) {
			return got.Err
		}
		_ = sleep(ctx, k.wait(got))
	}
}

// isFinal reports an error that waiting can't cure.
func (k *keeper) isFinal(err error) bool {
	if k.registered || err == nil {
		return false
	}
	k.refused++
	if !errors.Is(err, ErrNotAuthorized) {
		k.refused = 0
	}
	apiErr, _ := errors.AsType[*APIError](err)
	return k.refused > 1 || errors.Is(err, ErrInvalid) ||
		errors.Is(err, ErrForbidden) && apiErr.HasCode("FORBIDDEN_ERROR")
}

// wait is how long until the next pass.
func (k *keeper) wait(after Pass) time.Duration {
	every := k.options.Every
	wait := every - every/10 + rand.N(every/5+1)
	if after.WebhookID == "" {
		k.failures++
		ceiling := min(every, time.Second<<min(k.failures, 16))
		wait = ceiling/2 + rand.N(ceiling/2+1)
	} else {
		k.failures = 0
	}
	if apiErr, ok := errors.AsType[*APIError](after.Err); ok && !apiErr.RetryAt.IsZero() {
		wait = max(wait, min(time.Until(apiErr.RetryAt), maxRetryAfter))
	}
	return wait
}

func (k *keeper) report(ctx context.Context, pass Pass) {
	level := slog.LevelDebug
	if pass.Err != nil || pass.Lost > 0 {
		level = slog.LevelWarn
	}
	if k.client.logger != nil {
		k.client.logger.LogAttrs(ctx, level, "pass",
			slog.String("webhook", pass.WebhookID), slog.Int("handed_over", pass.HandedOver), slog.Int("failed", pass.Failed),
			slog.Int("awaiting", pass.Awaiting), slog.Int("lost", pass.Lost), slog.Time("next", pass.Next),
			slog.String("error", errorType(pass.Err)))
	}
	if k.options.Report != nil {
		k.options.Report(pass)
	}
}

// errorType names the kind of an error: the text of handle's may quote a payload.
func errorType(err error) string {
	if err == nil {
		return ""
	}
	return fmt.Sprintf("%T", err)
}
