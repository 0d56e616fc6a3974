package asctest

// The operations of pings and deliveries. What App Store Connect does not document is assumed: a ping is posted
// whatever the event types are, and to a disabled webhook not at all; a delivery may be redelivered once.

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Delivery is one attempt to post a notification: of an event to a webhook of an app, which the API lists, or to the
// marketplace webhook; of a forgery.
type Delivery struct {
	Number        int // counts deliveries, from 1
	ID, WebhookID string
	State         string // PENDING until the receiver responds, then SUCCEEDED (2xx) or FAILED
	Redelivery    bool
	Created, Sent time.Time
	URL           string
	Duration      time.Duration // from Sent to the receiver's response, or to its absence
	StatusCode    int           // of the receiver's response; 0 if there was none
	ResponseBody  string        // its first 4 KiB
	ErrorMessage  string

	EventID      string
	EventType    string // as in the API; empty for a ping
	EventCreated time.Time
	Ping         bool
	Payload      []byte // what was posted
	Signature    string // the value of notification.SignatureHeader
	SignedWith   string // whose secret the signature is made with: valid, old_secret or forged

	listed   bool   // the API has it: no forgery, to a webhook of an app, of an event that the document has
	original string // the delivery that this one repeats
	repeated bool   // by another
	change   int    // of the record, when it last changed
}

// size is roughly what a delivery will take, with what its receiver responds.
func (d *Delivery) size() int { return len(d.URL) + len(d.Payload) + maxResponseKept }

// The states of a delivery.
const (
	pending   = "PENDING"
	succeeded = "SUCCEEDED"
	failed    = "FAILED"
)

func createPing(s *State, c *call) response {
	i := s.webhook(c.sent.related("webhook"))
	if i < 0 {
		return conflict("ENTITY_ERROR.RELATIONSHIP.INVALID", "/data/relationships/webhook", "There is no such webhook.")
	}
	id := newUUID()
	r := c.one(http.StatusCreated, c.resource("webhookPings", id, nil, nil))
	if w := s.Webhooks[i]; w.Enabled {
		r.posts = []Delivery{newDelivery(w, pingPayload(id, c.now), c.now)}
	}
	return r
}

func redeliver(s *State, c *call) response {
	template, ok := c.record.delivery(c.sent.related("template"))
	if !ok || !template.listed {
		return conflict("ENTITY_ERROR.RELATIONSHIP.INVALID", "/data/relationships/template", "There is no such delivery.")
	}
	webhook := s.webhook(template.WebhookID)
	switch {
	case webhook < 0:
		return conflict("STATE_ERROR", "", "The webhook of the delivery was deleted.")
	case template.State == pending:
		return conflict("STATE_ERROR", "", "The delivery is not finished.")
	case template.repeated:
		return conflict("STATE_ERROR", "", "The delivery was redelivered before.")
	}
	d := newDelivery(s.Webhooks[webhook], template.Payload, c.now)
	d.Redelivery, d.original, d.EventCreated = true, strings.ToLower(template.ID), template.EventCreated
	r := c.one(http.StatusCreated, c.delivery(&d))
	r.posts = []Delivery{d}
	return r
}

func listDeliveries(s *State, c *call) response {
	i := s.webhook(c.id)
	if i < 0 {
		return notFound("webhooks")
	}
	from, fromErr := c.date(createdFrom)
	before, beforeErr := c.date(createdBefore)
	switch live := !c.settings.LooseListing; {
	case live && c.query.Has(stateFilter):
		return badParameter("ILLEGAL", stateFilter, "The parameter is not supported.")
	case live && c.query.Has(createdBefore):
		return badParameter("ILLEGAL", createdBefore, "The parameter is not supported.")
	case live && c.now.Sub(from) > 10*24*time.Hour:
		return badParameter("INVALID", createdFrom, "A creation date within the last ten days is needed.")
	case fromErr != nil:
		return badParameter("INVALID", createdFrom, "The parameter must be a date and time.")
	case beforeErr != nil:
		return badParameter("INVALID", createdBefore, "The parameter must be a date and time.")
	}
	c.record.mu.Lock()
	defer c.record.mu.Unlock()
	wanted := c.record.index.between(s.Webhooks[i].ID, from, c.now.Add(-c.settings.ListLag))
	if states := c.list(stateFilter); states != nil || !before.IsZero() {
		wanted = slices.DeleteFunc(slices.Clone(wanted), func(d *Delivery) bool {
			return states != nil && !slices.Contains(states, d.State) ||
				!before.IsZero() && !d.Created.Truncate(time.Millisecond).Before(before)
		})
	}
	newestFirst := func(from, to int) []*Delivery { // the order is documented nowhere
		page := slices.Clone(wanted[len(wanted)-to : len(wanted)-from])
		slices.Reverse(page)
		return page
	}
	return page(c, pages[*Delivery]{len(wanted), newestFirst}, c.delivery, c.includedEvents)
}

const (
	createdFrom   = "filter[createdDateGreaterThanOrEqualTo]"
	createdBefore = "filter[createdDateLessThan]"
	stateFilter   = "filter[deliveryState]"
)

// date is the time that a parameter sets; zero if it is not given.
func (c *call) date(name string) (time.Time, error) {
	if !c.query.Has(name) {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339, c.query.Get(name))
}

func (c *call) delivery(d *Delivery) resource {
	attributes := object{
		"createdDate": milliseconds(d.Created), "deliveryState": d.State, "redelivery": d.Redelivery,
		"request": object{"url": d.URL},
	}
	if !d.Sent.IsZero() {
		attributes["sentDate"] = milliseconds(d.Sent)
	}
	if d.ErrorMessage != "" {
		attributes["errorMessage"] = d.ErrorMessage
	}
	if d.StatusCode != 0 {
		attributes["response"] = object{"httpStatusCode": d.StatusCode, "body": d.ResponseBody}
	}
	event := object{"data": resource{Type: "webhookEvents", ID: d.EventID}}
	return c.resource("webhookDeliveries", d.ID, attributes, object{"event": event})
}

// includedEvents returns the events of the deliveries on a page, each once.
func (c *call) includedEvents(onPage []*Delivery) (events []resource) {
	if !c.includes("event") {
		return nil
	}
	for _, d := range onPage {
		if slices.ContainsFunc(events, func(r resource) bool { return r.ID == d.EventID }) {
			continue
		}
		attributes := object{"payload": string(d.Payload), "ping": d.Ping, "createdDate": milliseconds(d.EventCreated)}
		if d.EventType != "" {
			attributes["eventType"] = d.EventType
		}
		events = append(events, c.resource("webhookEvents", d.EventID, attributes, nil))
	}
	return events
}

func milliseconds(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
