package sandbox

// What happened: calls to App Store Connect, and the notifications that were posted.

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/ascmarketplace/webhooks/asctest"
)

// object is a JSON object that is shown.
type object = map[string]any

// maxListedBody is how much of a body a list shows. An item of its own shows everything.
const (
	maxListedBody = 4 << 10
	everything    = math.MaxInt
)

func (s *Sandbox) listExchanges(r *http.Request) (int, any, error) {
	wanted, err := s.exchangeFilter(r.URL.Query())
	if err != nil {
		return 0, nil, err
	}
	return list(wanted.page, "exchanges", keep(s.Fake.Exchanges(), wanted.matches), exchangeNumber, s.redactor().exchange)
}

func exchangeNumber(x asctest.Exchange) int { return x.ID }

func (s *Sandbox) getExchange(r *http.Request) (int, any, error) {
	x, err := find(r, "exchange", s.Fake.Exchanges(), func(x asctest.Exchange) string { return strconv.Itoa(x.ID) })
	return http.StatusOK, s.redactor().exchange(x, everything), err
}

func (r redactor) exchange(x asctest.Exchange, most int) object {
	return object{
		"id": x.ID, "time": x.Time, "method": x.Method, "path": x.Path, "query": withoutKeys(x.Query),
		"operation": x.Operation, "key_id": x.KeyID, "status": x.Status, "duration_ms": inMilliseconds(x.Duration),
		"reason": r.text(x.Reason), "violations": mapped(x.Violations, r.text),
		"request":  r.message(x.Header, r.requestBody(x.Body), most),
		"response": r.message(x.ResponseHeader, r.body(x.ResponseBody), most),
	}
}

func (r redactor) message(header http.Header, body string, most int) object {
	shown, isCut := cut(body, most)
	return object{"headers": r.headers(header), "body": shown, "cut": isCut}
}

func (s *Sandbox) listNotifications(r *http.Request) (int, any, error) {
	wanted, err := newNotificationFilter(r.URL.Query())
	if err != nil {
		return 0, nil, err
	}
	return list(wanted.page, "notifications", keep(s.Fake.Deliveries(""), wanted.matches), deliveryNumber, s.redactor().notification)
}

func deliveryNumber(d asctest.Delivery) int { return d.Number }

func (s *Sandbox) getNotification(r *http.Request) (int, any, error) {
	d, err := s.notification(r)
	return http.StatusOK, s.redactor().notification(d, everything), err
}

func (s *Sandbox) notification(r *http.Request) (asctest.Delivery, error) {
	return find(r, "notification", s.Fake.Deliveries(""), func(d asctest.Delivery) string { return d.ID })
}

// typeOf is the type of a notification, as far as its payload has one.
func typeOf(d asctest.Delivery) string {
	var payload struct{ Data struct{ Type string } }
	_ = json.Unmarshal(d.Payload, &payload)
	return payload.Data.Type
}

func (r redactor) notification(d asctest.Delivery, most int) object {
	body, bodyCut := cut(r.body(d.Payload), most)
	response, responseCut := cut(r.body([]byte(strings.ToValidUTF8(d.ResponseBody, "\uFFFD"))), most)
	shown := object{
		"number": d.Number, "id": d.ID, "notification_id": d.EventID, "type": typeOf(d), "webhook_id": d.WebhookID, "url": d.URL,
		"signature": d.SignedWith, "redelivery": d.Redelivery, "state": d.State, "created": d.Created,
		"body": body, "status": d.StatusCode, "duration_ms": inMilliseconds(d.Duration), "response_body": response,
		"error": r.text(d.ErrorMessage), "cut": bodyCut || responseCut,
	}
	if !d.Sent.IsZero() {
		shown["sent"] = d.Sent
	}
	return shown
}

// list responds with the latest of all that the page leaves, oldest first.
func list[T any](p page, name string, all []T, number func(T) int, show func(T, int) object) (int, any, error) {
	left := all
	for p.before > 0 && len(left) > 0 && number(left[len(left)-1]) >= p.before {
		left = left[:len(left)-1]
	}
	shown := mapped(left[max(0, len(left)-p.limit):], func(item T) object { return show(item, maxListedBody) })
	return http.StatusOK, object{name: shown, "total": len(all)}, nil
}

// find returns the item that the path names.
func find[T any](r *http.Request, what string, all []T, id func(T) string) (found T, err error) {
	i := slices.IndexFunc(all, func(item T) bool { return id(item) == r.PathValue("id") })
	if i < 0 {
		return found, refuse(http.StatusNotFound, "id", "there is no such %s, or not any more", what)
	}
	return all[i], nil
}

// cut returns at most that many bytes of text, and whether something is missing.
func cut(text string, most int) (string, bool) {
	if len(text) <= most {
		return text, false
	}
	return strings.ToValidUTF8(text[:most], ""), true // the last character may be in two
}

func keep[T any](list []T, wanted func(T) bool) []T {
	return slices.DeleteFunc(list, func(item T) bool { return !wanted(item) })
}

func mapped[A, B any](list []A, f func(A) B) []B {
	result := make([]B, len(list))
	for i, item := range list {
		result[i] = f(item)
	}
	return result
}
