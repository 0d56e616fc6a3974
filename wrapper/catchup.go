package wrapper

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// settling is how long a delivery may be PENDING, and may be missing from the
// list after its creation (assumed).
const settling = 5 * time.Minute

// CatchUp hands over what the webhook's receiver missed since then: the payload
// of every event whose last delivery did not succeed, oldest first. With
// Handler.Handle of package notification as handle, what it hands over passes
// through the same deduplication and the same function as what is posted.
//
// It asks for no redelivery, so it also serves a consumer without a public URL
// that calls it now and then. A service that runs on is served by KeepUp.
//
// App Store Connect lists ten days. A zero since means all of them. Where since
// is older, what is listed is handed over all the same, and the error matches
// ErrNotListed and names the time that can't be listed any more. All times are
// App Store Connect's, by its responses, whatever this machine's clock says.
//
// All pages are read before the first event is handed over, since their order is
// documented nowhere. Pings are left out, and so is a delivery that has been
// PENDING for less than five minutes. An event that handle refuses, or that was
// listed without its payload, stops no other: the errors come back together, each
// naming its event. To pass over a payload that can never be handled, return nil.
//
// next is where to go on, after an error too. It is the creation of the first
// event that was not handled, and otherwise five minutes before the list was
// read, since a younger delivery may be missing from it. What failed in those
// five minutes is handed over again; a Deduplicator recognises it. next passes an
// event that was not handled only when App Store Connect no longer lists it.
func (s *Webhooks) CatchUp(
	ctx context.Context, webhookID string, since time.Time, handle func(ctx context.Context, payload []byte) error,
) (next time.Time, err error) {
	if handle == nil {
		return since, invalid("CatchUp needs a function that handles payloads, got nil")
	}
	c := catcher{s: s, webhookID: webhookID, handle: handle, seen: since, open: map[string]*event{}}
	pass := c.pass(ctx)
	return pass.Next, pass.Err
}

// catcher catches up pass by pass. What it knows of one webhook lasts from one
// pass to the next.
type catcher struct {
	s         *Webhooks
	webhookID string
	handle    func(context.Context, []byte) error

	seen  time.Time            // what was created earlier has been listed; zero: nothing yet
	taken map[string]time.Time // latest deliveries of events that handle took; nil: not remembered
	gone  bool                 // the latest pass found no such webhook

	// Events that were not handled. One stays here, and holds next back, though a list leaves it out, since a later
	// list may show it again. It goes when handle takes it or a later delivery succeeds. It is lost, once, when its
	// last delivery is ten days old or the webhook is gone: only then can it no longer be listed.
	open map[string]*event // without their payloads
}

// pass hands over what one reading of the list shows.
func (c *catcher) pass(ctx context.Context) (pass Pass) {
	pass.WebhookID, pass.Next = c.webhookID, c.next()
	start := time.Now()
	events, latest, err := c.list(ctx)
	if c.gone = errors.Is(err, ErrNotFound); err != nil {
		pass.Err = err
		return pass
	}
	now, known := c.s.c.serverNow()
	if now = now.Add(-time.Since(start)); !known {
		now = latest // this machine's clock may be wrong: go by what the list says
	}
	var errs failures
	if first := firstListed(now); !c.seen.IsZero() && c.seen.Before(first) {
		errs.add(notListed(c.seen, first))
	}
	c.seen = later(c.seen, now.Add(-settling))
	for _, event := range events {
		switch {
		case event.state == DeliverySucceeded || c.knows(event):
			delete(c.open, event.id)
			continue
		case event.state == DeliveryPending && now.Sub(event.last) < settling:
			pass.Awaiting++
		case ctx.Err() == nil:
			err := c.handOver(ctx, event)
			if err == nil {
				pass.HandedOver++
				delete(c.open, event.id)
				continue
			}
			errs.add(err)
			pass.Failed++
		}
		event.payload = nil
		c.open[event.id] = event
	}
	pass.Lost = c.forget(firstListed(now))
	if ctx.Err() != nil {
		errs.add(ended(ctx))
	}
	pass.Next, pass.Err = c.next(), errs.join()
	return pass
}

// next is where the next reading of the list begins.
func (c *catcher) next() time.Time {
	next := c.seen
	for _, event := range c.open {
		if event.first.Before(next) {
			next = event.first
		}
	}
	return next.UTC()
}

// knows reports an event that handle has taken, and that is listed on.
func (c *catcher) knows(e *event) bool {
	_, taken := c.taken[e.id]
	if taken {
		c.taken[e.id] = later(c.taken[e.id], e.last)
	}
	return taken
}

func (c *catcher) handOver(ctx context.Context, e *event) error {
	if len(e.payload) == 0 {
		return fmt.Errorf("wrapper: delivery %s was listed without its event, so nothing was handed over",
			printable(e.deliveryID, 128))
	}
	if err := c.handle(ctx, e.payload); err != nil {
		return fmt.Errorf("wrapper: event %s was not handled: %w", printable(e.id, 128), err)
	}
	if c.taken != nil {
		c.taken[e.id] = e.last
	}
	return nil
}

// forget drops what was created before oldest and can't be listed any more. It
// returns how many events were never handled.
func (c *catcher) forget(oldest time.Time) (lost int) {
	for id, last := range c.taken {
		if last.Before(oldest) {
			delete(c.taken, id)
		}
	}
	for id, event := range c.open {
		switch {
		case event.last.Before(oldest):
			delete(c.open, id)
			lost++
		case event.first.Before(oldest):
			event.first = event.last
		}
	}
	return lost
}

// failures joins errors, of which it keeps the first twenty.
type failures struct {
	errs []error
	more int
}

func (f *failures) add(err error) {
	if len(f.errs) < 20 {
		f.errs = append(f.errs, err)
	} else {
		f.more++
	}
}

func (f *failures) join() error {
	errs := f.errs
	if f.more > 0 {
		errs = append(errs, fmt.Errorf("wrapper: %d more events were not handled", f.more))
	}
	return errors.Join(errs...)
}
