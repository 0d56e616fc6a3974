package asctest

// The operations of pings and deliveries. What App Store Connect does not
// document is assumed: a ping is posted whatever the event types are, and to a
// disabled webhook not at all; a delivery may be redelivered once.

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Delivery is one attempt to post an event to a webhook of an app.
type Delivery struct {
	ID, WebhookID string
	State         string // PENDING until the receiver responds, then SUCCEEDED (2xx) or FAILED
	Redelivery    bool
	Created, Sent time.Time
	URL           string
	StatusCode    int // of the receiver's response; 0 if there was none
	ResponseBody  string
	ErrorMessage  string

	EventID      string
	EventType    string // as in the API; empty for a ping
	EventCreated time.Time
	Ping         bool
	Payload      []byte // what was posted

	redelivered bool
}

// size is roughly what a delivery will take, with what its receiver responds.
func (d *Delivery) size() int { return len(d.URL) + len(d.Payload) + maxResponseKept }

// The states of a delivery.
const (
	pending   = "PENDING"
	succeeded = "SUCCEEDED"
	failed    = "FAILED"
)

// Deliveries returns the deliveries to one webhook, or to all if the id is
// empty, oldest first: the latest 10,000, or fewer if they hold more than 64 MiB.
func (h *Handler) Deliveries(webhookID string) (found []Delivery) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, d := range h.state.deliveries {
		if webhookID == "" || d.WebhookID == webhookID {
			found = append(found, d)
		}
	}
	return found
}

func (h *Handler) createPing(c *call, s *state) response {
	i := s.webhook(c.sent.related("webhook"))
	if i < 0 {
		return conflict("ENTITY_ERROR.RELATIONSHIP.INVALID", "/data/relationships/webhook", "There is no such webhook.")
	}
	id := newUUID()
	if w := s.webhooks[i]; w.Enabled {
		d := h.newDelivery(w)
		d.EventID, d.Ping, d.Payload = id, true, pingPayload(id, d.Created)
		s.record(d)
		c.post = append(c.post, d.ID)
	}
	return c.one(http.StatusCreated, c.resource("webhookPings", id, nil))
}

func (h *Handler) newDelivery(w Webhook) Delivery {
	now := h.now()
	return Delivery{ID: newUUID(), WebhookID: w.ID, State: pending, Created: now, EventCreated: now, URL: w.URL}
}

func (h *Handler) createDelivery(c *call, s *state) response {
	i := s.delivery(c.sent.related("template"))
	if i < 0 {
		return conflict("ENTITY_ERROR.RELATIONSHIP.INVALID", "/data/relationships/template", "There is no such delivery.")
	}
	template := &s.deliveries[i]
	webhook := s.webhook(template.WebhookID)
	switch {
	case webhook < 0:
		return conflict("STATE_ERROR", "", "The webhook of the delivery was deleted.")
	case template.State == pending:
		return conflict("STATE_ERROR", "", "The delivery is not finished.")
	case template.redelivered:
		return conflict("STATE_ERROR", "", "The delivery was redelivered before.")
	}
	template.redelivered = true
	d := h.newDelivery(s.webhooks[webhook])
	d.Redelivery, d.EventCreated = true, template.EventCreated
	d.EventID, d.EventType, d.Ping, d.Payload = template.EventID, template.EventType, template.Ping, template.Payload
	s.record(d)
	c.post = append(c.post, d.ID)
	return c.one(http.StatusCreated, c.delivery(d))
}

func (h *Handler) listDeliveries(c *call, s *state) response {
	i := s.webhook(c.id)
	if i < 0 {
		return notFound("webhooks")
	}
	if h.liveListing {
		if refused := c.checkLiveListing(h.now()); refused != nil {
			return *refused
		}
	}
	from, before, refused := c.createdDates()
	if refused != nil {
		return *refused
	}
	states := c.list(stateFilter)
	var wanted []Delivery
	for _, d := range s.deliveries {
		created := d.Created.Truncate(time.Millisecond) // as it is shown
		if d.WebhookID == s.webhooks[i].ID && (states == nil || slices.Contains(states, d.State)) &&
			!created.Before(from) && (before.IsZero() || created.Before(before)) {
			wanted = append(wanted, d)
		}
	}
	slices.Reverse(wanted) // in which order is documented nowhere: newest first
	shown := make([]resource, len(wanted))
	for i, d := range wanted {
		shown[i] = c.delivery(d)
	}
	return c.page(shown, func(onPage []resource) []resource { return c.includedEvents(onPage, wanted) })
}

func invalidParameter(name, detail string) response {
	e := newError(http.StatusBadRequest, "PARAMETER_ERROR.INVALID", detail)
	e.Source = &source{Parameter: name}
	return refuse(e)
}

const (
	createdFrom   = "filter[createdDateGreaterThanOrEqualTo]"
	createdBefore = "filter[createdDateLessThan]"
	stateFilter   = "filter[deliveryState]"
)

// checkLiveListing refuses what the live service was seen to refuse, although
// the OpenAPI document allows it.
func (c *call) checkLiveListing(now time.Time) *response {
	if c.query.Has(stateFilter) {
		e := newError(http.StatusBadRequest, "PARAMETER_ERROR.ILLEGAL", "The parameter is not supported.")
		e.Source = &source{Parameter: stateFilter}
		return new(refuse(e))
	}
	from, err := time.Parse(time.RFC3339, c.query.Get(createdFrom))
	if err != nil || now.Sub(from) > 10*24*time.Hour {
		return new(invalidParameter(createdFrom, "A creation date within the last ten days is needed."))
	}
	return nil
}

// createdDates returns the bounds that the call sets; zero where it sets none.
func (c *call) createdDates() (from, before time.Time, refused *response) {
	for name, bound := range map[string]*time.Time{createdFrom: &from, createdBefore: &before} {
		if !c.query.Has(name) {
			continue
		}
		at, err := time.Parse(time.RFC3339, c.query.Get(name))
		if err != nil {
			return from, before, new(invalidParameter(name, "The parameter must be a date and time."))
		}
		*bound = at
	}
	return from, before, nil
}

func (c *call) delivery(d Delivery) resource {
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
	shown := c.resource("webhookDeliveries", d.ID, attributes)
	c.relate(&shown, "event", object{"data": resource{Type: "webhookEvents", ID: d.EventID}})
	return shown
}

// includedEvents returns the events of the deliveries on a page, each once.
func (c *call) includedEvents(onPage []resource, all []Delivery) (events []resource) {
	if !slices.Contains(c.list("include"), "event") {
		return nil
	}
	seen := map[string]bool{}
	for _, d := range all {
		here := slices.ContainsFunc(onPage, func(r resource) bool { return r.ID == d.ID })
		if !here || seen[d.EventID] {
			continue
		}
		seen[d.EventID] = true
		attributes := object{"payload": string(d.Payload), "ping": d.Ping, "createdDate": milliseconds(d.EventCreated)}
		if d.EventType != "" {
			attributes["eventType"] = d.EventType
		}
		events = append(events, c.resource("webhookEvents", d.EventID, attributes))
	}
	return events
}

func milliseconds(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// apiEventType is the type of a payload as the API spells it: buildUploadStateUpdated
// is BUILD_UPLOAD_STATE_UPDATED.
func apiEventType(payloadType string) string {
	var b strings.Builder
	for _, r := range payloadType {
		if 'A' <= r && r <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToUpper(b.String())
}
