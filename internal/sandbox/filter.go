package sandbox

// Which exchanges and notifications are meant: what the parameters of lists and of GET /wait say.

import (
	"cmp"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
)

// page is the part of a list that is shown.
type page struct{ limit, before int }

// exchangeFilter and its kin have empty values for what is not given.
type exchangeFilter struct {
	page
	operation, path, status string
	since                   int
}

type notificationFilter struct {
	page
	eventType, webhookID, path, status string
	since                              int
}

var pageParameters = []string{"limit", "before"}

func (s *Sandbox) exchangeFilter(query url.Values, others ...string) (f exchangeFilter, err error) {
	others = append(others, "operation", "path", "status", "since")
	f.operation, f.path = query.Get("operation"), query.Get("path")
	if f.operation != "" && !slices.Contains(s.operations, f.operation) {
		err = badField("operation", "must be one of %s", strings.Join(s.operations, ", "))
	}
	f.page, f.status, f.since, err = common(query, err, others)
	return f, err
}

func (f exchangeFilter) matches(x asctest.Exchange) bool {
	return (f.operation == "" || f.operation == string(x.Operation)) && strings.HasPrefix(x.Path, f.path) &&
		isStatus(f.status, x.Status) && x.ID > f.since
}

func newNotificationFilter(query url.Values, others ...string) (f notificationFilter, err error) {
	others = append(others, "type", "webhook_id", "path", "status", "since")
	f.eventType, f.webhookID, f.path = query.Get("type"), query.Get("webhook_id"), query.Get("path")
	f.page, f.status, f.since, err = common(query, nil, others)
	return f, err
}

func (f notificationFilter) matches(d asctest.Delivery) bool {
	posted, err := url.Parse(d.URL)
	return (f.eventType == "" || f.eventType == typeOf(d)) && (f.webhookID == "" || strings.EqualFold(f.webhookID, d.WebhookID)) &&
		(f.path == "" || err == nil && strings.HasPrefix(posted.EscapedPath(), f.path)) &&
		isStatus(f.status, d.StatusCode) && d.Number > f.since
}

var statusFilter = regexp.MustCompile(`^(|0|[1-5]([0-9][0-9]|xx))$`)

// common reads what both have. Only the parameters that are known may be given, and each once.
func common(query url.Values, bad error, known []string) (p page, status string, since int, err error) {
	known = append(known, pageParameters...)
	for name, values := range query {
		switch {
		case !slices.Contains(known, name):
			bad = cmp.Or(bad, badField(name, "there is no such parameter: there are %s", strings.Join(known, ", ")))
		case len(values) > 1:
			bad = cmp.Or(bad, badField(name, "must be given once"))
		}
	}
	if status = query.Get("status"); !statusFilter.MatchString(status) {
		bad = cmp.Or(bad, badField("status", "must be a status such as 503, a class such as 4xx, or 0 for no response"))
	}
	if path := query.Get("path"); path != "" && path[0] != '/' {
		bad = cmp.Or(bad, badField("path", "must begin with a slash: it is the beginning of a path"))
	}
	p.limit, bad = number(query, "limit", 100, 1, 1000, bad)
	p.before, bad = number(query, "before", 0, 1, math.MaxInt, bad)
	since, bad = number(query, "since", 0, 0, math.MaxInt, bad)
	return p, status, since, bad
}

// number reads a parameter, unless something was bad before.
func number(query url.Values, name string, preset, least, most int, bad error) (int, error) {
	if bad != nil || !query.Has(name) {
		return preset, bad
	}
	n, err := strconv.Atoi(query.Get(name))
	if err != nil || n < least || n > most {
		if most > 1<<20 {
			return 0, badField(name, "must be a number, as exchanges have in id and notifications in number")
		}
		return 0, badField(name, "must be from %d to %d", least, most)
	}
	return n, nil
}

func isStatus(filter string, status int) bool {
	if class, ok := strings.CutSuffix(filter, "xx"); ok {
		return strconv.Itoa(status/100) == class
	}
	return filter == "" || filter == strconv.Itoa(status)
}

// inMilliseconds is how a duration is shown, to a hundredth.
func inMilliseconds(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
}
