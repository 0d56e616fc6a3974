package sandbox

// GET /wait: until calls or notifications have come.

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

const maxWait = 60 // seconds

// wait responds once as many exchanges as wanted have come, or with for=notifications as many finished notifications.
func (s *Sandbox) wait(r *http.Request) (int, any, error) {
	query := r.URL.Query()
	count, bad := number(query, "count", 1, 1, 1000, nil)
	seconds, err := 10.0, error(nil)
	if query.Has("timeout") {
		seconds, err = strconv.ParseFloat(query.Get("timeout"), 64)
	}
	if bad == nil && (err != nil || !(seconds >= 0 && seconds <= maxWait)) {
		bad = badField("timeout", "must be seconds from 0 to %d", maxWait)
	}
	if bad != nil {
		return 0, nil, bad
	}
	ctx, cancel := context.WithTimeout(r.Context(), time.Duration(seconds*float64(time.Second)))
	defer cancel()
	own := []string{"for", "count", "timeout"}
	switch query.Get("for") {
	case "", "exchanges":
		wanted, err := s.exchangeFilter(query, own...)
		if err != nil {
			return 0, nil, err
		}
		found, err := s.Fake.WaitForExchanges(ctx, count, wanted.matches)
		return waited(wanted.page, "exchanges", count, found, err, exchangeNumber, s.redactor().exchange)
	case "notifications":
		wanted, err := newNotificationFilter(query, own...)
		if err != nil {
			return 0, nil, err
		}
		found, err := s.Fake.WaitForDeliveries(ctx, count, wanted.matches)
		return waited(wanted.page, "notifications", count, found, err, deliveryNumber, s.redactor().notification)
	}
	return 0, nil, badField("for", "must be exchanges or notifications")
}

func waited[T any](
	p page, name string, count int, found []T, err error, number func(T) int, show func(T, int) object,
) (int, any, error) {
	if err != nil {
		return 0, nil, refuse(http.StatusGatewayTimeout, "timeout", "%d of %d %s came in time", len(found), count, name)
	}
	return list(p, name, found, number, show)
}
