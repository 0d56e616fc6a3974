package sandbox

// Calls to App Store Connect, and what it responded.

import (
	"net/http"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/ascmarketplace/webhooks/asctest"
)

type exchange struct {
	ID         int       `json:"id"`
	Time       time.Time `json:"time"`
	Method     string    `json:"method"`
	Path       string    `json:"path"`
	Query      string    `json:"query"`
	Operation  string    `json:"operation"`
	KeyID      string    `json:"key_id"`
	Status     int       `json:"status"` // 0 if the connection was cut before any header
	Reason     string    `json:"reason"`
	Violations []string  `json:"violations"`
	Request    message   `json:"request"`
	Response   message   `json:"response"`
}

// message is a request or a response.
type message struct {
	Headers map[string][]string `json:"headers"`
	Body    string              `json:"body"`
	Cut     bool                `json:"cut"` // the list has only the beginning of the body
}

// maxListedBody is how much of a body a list shows.
const maxListedBody = 4 << 10

func (m *message) shorten() { m.Body, m.Cut = cut(m.Body) }

func cut(body string) (string, bool) {
	if len(body) <= maxListedBody {
		return body, false
	}
	end := maxListedBody
	for !utf8.RuneStart(body[end]) {
		end--
	}
	return body[:end], true
}

func (s *Sandbox) exchange(r asctest.Exchange) exchange {
	return exchange{
		ID: r.ID, Time: r.Time, Method: s.withhold(r.Method), Path: s.withhold(r.Path), Query: s.withhold(r.Query),
		Operation: string(r.Operation), KeyID: r.KeyID, Status: r.Status,
		Reason: s.withhold(r.Reason), Violations: mapped(r.Violations, s.withhold),
		Request:  message{Headers: s.withholdHeader(r.Header), Body: s.withholdRequest(r.Body)},
		Response: message{Headers: s.withholdHeader(r.ResponseHeader), Body: s.withholdBody(r.ResponseBody)},
	}
}

// listed is an exchange as a list shows it.
func (s *Sandbox) listed(r asctest.Exchange) exchange {
	x := s.exchange(r)
	x.Request.shorten()
	x.Response.shorten()
	return x
}

func (s *Sandbox) listExchanges(r *http.Request) (int, any, error) {
	all := s.Fake.Exchanges()
	chosen, err := latest(r, all, func(r asctest.Exchange) time.Time { return r.Time })
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct {
		Exchanges []exchange `json:"exchanges"`
		Total     int        `json:"total"`
	}{mapped(chosen, s.listed), len(all)}, nil
}

func (s *Sandbox) getExchange(r *http.Request) (int, any, error) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		return 0, nil, badField("id", "must be a whole number")
	}
	all := s.Fake.Exchanges()
	i := slices.IndexFunc(all, func(x asctest.Exchange) bool { return x.ID == id })
	if i < 0 {
		return 0, nil, notThere("exchange")
	}
	return http.StatusOK, s.exchange(all[i]), nil
}

func notThere(what string) error {
	return refusal{status: http.StatusNotFound, field: "id", message: "there is no such " + what + ", or not any more"}
}

// latest returns the latest of a list that the parameters limit and before leave, oldest first.
func latest[T any](r *http.Request, all []T, at func(T) time.Time) ([]T, error) {
	query := r.URL.Query()
	limit := 100
	if text := query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 1000 {
			return nil, badField("limit", "must be from 1 to 1000")
		}
		limit = n
	}
	if text := query.Get("before"); text != "" {
		before, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return nil, badField("before", "must be a time, such as 2026-01-31T12:00:00Z")
		}
		for len(all) > 0 && !at(all[len(all)-1]).Before(before) {
			all = all[:len(all)-1]
		}
	}
	return all[max(0, len(all)-limit):], nil
}
