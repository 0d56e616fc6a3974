package main

// Listening without a public URL: the deliveries of a registered webhook are read again and again.

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

const (
	pollEvery = 15 * time.Second
	// A delivery may be missing from the list for so long after its creation (assumed).
	listLag = 5 * time.Minute
	// App Store Connect refuses to list from over ten days ago, by its clock: what fails for longer than this is given up.
	retried = 9 * 24 * time.Hour
)

// poll hands over each event that is delivered after its start, until ctx ends. It changes nothing there.
func (l *listener) poll(ctx context.Context, client *wrapper.Client) error {
	secret := []byte(rand.Text()) // nothing is received that it could verify
	if len(l.secrets) > 0 {
		secret = l.secrets[0]
	}
	l.secrets = [][]byte{secret}
	handler, err := l.handler(ctx)
	if err != nil {
		return err
	}
	p := poller{listener: l, client: client, handler: handler, secret: secret}
	for {
		err := p.pass(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case isFinal(err):
			return err
		case err != nil:
			l.infof("ascwebhooks: %s", oneLine((&advisedError{err: err}).Error()))
		}
		select {
		case <-time.After(pollEvery):
		case <-ctx.Done():
			return nil
		}
	}
}

// poller knows which deliveries need nothing more.
type poller struct {
	*listener
	client  *wrapper.Client
	handler *notification.Handler
	secret  []byte
	since   time.Time       // what was created earlier needs nothing more
	done    map[string]bool // deliveries by ID; nil before the first list
}

// pass reads the list once. What the first list has was there before the start.
func (p *poller) pass(ctx context.Context) error {
	start := time.Now()
	p.since = cmp.Or(p.since, start.Add(-listLag))
	if oldest := start.Add(-retried); p.since.Before(oldest) {
		p.infof("given up: what was delivered before %s, nine days ago", oldest.Format(time.RFC3339))
		p.since = oldest
	}
	var listed []*wrapper.Delivery
	for delivery, err := range p.client.Webhooks.Deliveries(ctx, p.webhook, wrapper.DeliveryFilter{Since: p.since}) {
		if err != nil {
			return err
		}
		listed = append(listed, &delivery)
	}
	slices.SortStableFunc(listed, func(a, b *wrapper.Delivery) int { return a.CreatedDate.Compare(b.CreatedDate) })
	done, since := map[string]bool{}, start.Add(-listLag)
	for _, delivery := range listed {
		if p.done == nil || p.done[delivery.ID] || p.take(ctx, delivery) {
			done[delivery.ID] = true
		} else if created := delivery.CreatedDate; created.Before(since) {
			since = created
		}
	}
	if p.done == nil {
		p.infof("Listening until Ctrl-C to what is delivered to %s", oneLine(p.webhook))
	}
	p.done, p.since = done, since
	return nil
}

// take hands a delivery's event over, and reports whether it is settled.
func (p *poller) take(ctx context.Context, d *wrapper.Delivery) bool {
	if len(d.Payload) == 0 {
		p.infof("listed without its event: delivery %s", oneLine(d.ID))
		return true
	}
	signed := context.WithValue(ctx, signatureKey{}, notification.Sign(p.secret, d.Payload))
	err := p.handler.Handle(signed, d.Payload)
	return err == nil || errors.Is(err, notification.ErrMalformed) // which stays so
}
