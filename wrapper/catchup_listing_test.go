package wrapper_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/internal/racetest"
	"github.com/ascmarketplace/webhooks/wrapper"
)

type object = map[string]any

// apple lists deliveries by the rules that were seen on the live service, by a
// clock of its own.
type apple struct {
	skew       time.Duration // how far its clock is ahead of this machine's
	deliveries []object
	events     []object
	next       func(query url.Values) string // of a link to the next page; the default is complete
	requests   []*http.Request
}

func (a *apple) now() time.Time { return time.Now().Add(a.skew) }

// add lists a delivery of an event; change may make it odd.
func (a *apple) add(event string, created time.Time, state wrapper.DeliveryState, change func(delivery, event object)) {
	delivery := object{
		"type": "webhookDeliveries", "id": fmt.Sprint("d", len(a.deliveries)),
		"attributes":    object{"createdDate": created.UTC().Format(time.RFC3339), "deliveryState": state},
		"relationships": object{"event": object{"data": object{"type": "webhookEvents", "id": event}}},
	}
	included := object{"type": "webhookEvents", "id": event, "attributes": object{"payload": event, "ping": false}}
	if change != nil {
		change(delivery, included)
	}
	a.deliveries, a.events = append(a.deliveries, delivery), append(a.events, included)
}

func (a *apple) RoundTrip(r *http.Request) (*http.Response, error) {
	a.requests = append(a.requests, r)
	status, body := a.list(r.URL.Query())
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: status, Request: r, Body: io.NopCloser(strings.NewReader(string(text))), ContentLength: int64(len(text)),
		Header: http.Header{"Content-Type": {"application/json"}, "Date": {a.now().UTC().Format(http.TimeFormat)}},
	}, nil
}

func (a *apple) list(query url.Values) (int, object) {
	from, err := time.Parse(time.RFC3339, query.Get("filter[createdDateGreaterThanOrEqualTo]"))
	if err != nil || a.now().Sub(from) > 10*24*time.Hour || query.Has("filter[createdDateLessThan]") {
		return 400, object{"errors": []object{{"code": "PARAMETER_ERROR.INVALID", "status": "400"}}}
	}
	first, _ := strconv.Atoi(query.Get("cursor"))
	limit, _ := strconv.Atoi(query.Get("limit"))
	data, included := []object{}, []object{}
	i := first
	for ; i < len(a.deliveries) && len(data) < limit; i++ {
		created, err := time.Parse(time.RFC3339, a.deliveries[i]["attributes"].(object)["createdDate"].(string))
		if err == nil && created.Before(from) {
			continue
		}
		data = append(data, a.deliveries[i])
		if query.Get("include") == "event" {
			included = append(included, a.events[i])
		}
	}
	links := object{"self": "https://api.example/"}
	if i < len(a.deliveries) {
		query.Set("cursor", strconv.Itoa(i))
		next := query.Encode()
		if a.next != nil {
			next = a.next(query)
		}
		links["next"] = "https://other.example/?" + next
	}
	return 200, object{"data": data, "included": included, "links": links}
}

func (a *apple) client(t *testing.T) *wrapper.Client {
	t.Helper()
	client, err := wrapper.NewClient(fixedToken("token"), wrapper.WithHTTPClient(&http.Client{Transport: a}), quick)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// catchUp returns which events were handed over; handle, if there is one, may refuse some.
func (a *apple) catchUp(t *testing.T, since time.Time, handle func(event string) error) (handed []string, next time.Time, err error) {
	t.Helper()
	next, err = a.client(t).Webhooks.CatchUp(t.Context(), webhookID, since, func(_ context.Context, payload []byte) error {
		handed = append(handed, string(payload))
		if handle != nil {
			return handle(string(payload))
		}
		return nil
	})
	return handed, next, err
}

// TestCatchUpAfterTenDays: what is listed is handed over all the same, and the
// error names what is not.
func TestCatchUpAfterTenDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(20 * 24 * time.Hour)
		var a apple
		a.add("e1", time.Now().Add(-24*time.Hour), failed, nil)
		since := time.Now().Add(-12 * 24 * time.Hour)
		handed, next, err := a.catchUp(t, since, nil)
		if !slices.Equal(handed, []string{"e1"}) || !errors.Is(err, wrapper.ErrNotListed) {
			t.Errorf("handed over %v, %v", handed, err)
		}
		for _, bound := range []time.Duration{12, 10} {
			if at := time.Now().Add(-bound * 24 * time.Hour).UTC().Format(time.RFC3339); !strings.Contains(fmt.Sprint(err), at) {
				t.Errorf("%v does not name %s", err, at)
			}
		}
		if want := time.Now().Add(-5 * time.Minute); !next.Equal(want) || next.Location() != time.UTC {
			t.Errorf("next is %v, want %v", next, want)
		}
	})
}

// TestCatchUpQuietMonth: hourly calls with nothing to do never fail.
func TestCatchUpQuietMonth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a apple
		next := time.Time{}
		for range 30 * 24 {
			var err error
			if _, next, err = a.catchUp(t, next, nil); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
		}
	})
}

// TestCatchUpBesideAWrongClock: App Store Connect's clock decides.
func TestCatchUpBesideAWrongClock(t *testing.T) {
	for _, skew := range []time.Duration{-24 * time.Hour, -2 * time.Hour, -6 * time.Minute, 0, 6 * time.Minute, 2 * time.Hour, 24 * time.Hour} {
		t.Run(skew.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := apple{skew: skew}
				a.add("old", a.now().Add(-10*24*time.Hour+10*time.Minute), failed, nil)
				a.add("pending", a.now().Add(-6*time.Minute), pending, nil)
				a.add("under way", a.now().Add(-time.Minute), pending, nil)
				handed, next, err := a.catchUp(t, time.Time{}, nil)
				if err != nil || !slices.Equal(handed, []string{"old", "pending"}) {
					t.Errorf("handed over %v, %v", handed, err)
				}
				if want := a.now().Add(-5 * time.Minute).Truncate(time.Second); !next.Equal(want) {
					t.Errorf("next is %v, want %v", next, want)
				}
			})
		})
	}
}

// TestCatchUpStopsForNothing: each event that was not handled has its error.
func TestCatchUpStopsForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a apple
		start := time.Now()
		at := func(minutes int) time.Time { return start.Add(time.Duration(-minutes) * time.Minute) }
		a.add("good 1", at(50), failed, nil)
		a.add("poison", at(40), failed, nil)
		a.add("without", at(30), failed, func(_, event object) { event["id"] = "another" })
		a.add("good 2", at(20), failed, nil)
		poison := errors.New("refused")
		handed, next, err := a.catchUp(t, at(60), func(event string) error {
			if event == "poison" {
				return poison
			}
			return nil
		})
		if !slices.Equal(handed, []string{"good 1", "poison", "good 2"}) || !next.Equal(at(40)) {
			t.Errorf("handed over %v, next %v", handed, next)
		}
		if !errors.Is(err, poison) || !strings.Contains(err.Error(), "event poison") || !strings.Contains(err.Error(), "delivery d2") {
			t.Errorf("got %v", err)
		}
	})
}

// TestCatchUpNamesTwentyErrors, and counts the others.
func TestCatchUpNamesTwentyErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a apple
		for i := range 25 {
			a.add(fmt.Sprintf("e%02d", i), time.Now().Add(-time.Hour), failed, nil)
		}
		handed, _, err := a.catchUp(t, time.Time{}, func(string) error { return errors.New("down") })
		if len(handed) != 25 || strings.Count(err.Error(), "down") != 20 || !strings.Contains(err.Error(), "5 more events") {
			t.Errorf("handed over %d, %v", len(handed), err)
		}
	})
}

// TestCatchUpDates: Apple's other form is read, and what can't be read costs nothing else.
func TestCatchUpDates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a apple
		date := func(date string) func(delivery, event object) {
			return func(delivery, event object) {
				delivery["attributes"].(object)["createdDate"] = date
				event["attributes"].(object)["createdDate"] = "yesterday"
			}
		}
		a.add("e1", time.Now(), failed, date("1999-12-31T23:40:00.000+0000"))
		a.add("e2", time.Now(), failed, date("1999-12-31T23:30:00.000-0000"))
		a.add("e3", time.Now(), failed, date("the day before"))
		handed, next, err := a.catchUp(t, time.Now().Add(-time.Hour), nil)
		if err != nil || !slices.Equal(handed, []string{"e3", "e2", "e1"}) || !next.Equal(time.Now().Add(-5*time.Minute)) {
			t.Errorf("handed over %v, next %v, %v", handed, next, err)
		}
	})
}

// TestLargePagesAreCaughtUp: in an outage each delivery may hold a receiver's whole error page.
func TestLargePagesAreCaughtUp(t *testing.T) {
	if racetest.Enabled {
		t.Skip("nothing here is concurrent, and the race detector takes ten times as long")
	}
	synctest.Test(t, func(t *testing.T) {
		var a apple
		a.next = func(query url.Values) string { // as if the link knew better
			query.Set("limit", "200")
			return query.Encode()
		}
		for i := range 240 {
			a.add(fmt.Sprint(i), time.Now().Add(-time.Hour), failed, func(delivery, _ object) {
				if i < 220 { // the outage began later
					return
				}
				delivery["attributes"].(object)["response"] = object{"httpStatusCode": 503, "body": strings.Repeat("x", 512<<10)}
			})
		}
		handed, _, err := a.catchUp(t, time.Time{}, nil)
		if err != nil || len(handed) != 240 {
			t.Errorf("handed over %d, %v", len(handed), err)
		}
		var limits []string
		for _, r := range a.requests {
			limits = append(limits, r.URL.Query().Get("limit"))
		}
		if want := []string{"200", "200", "100", "50", "25", "25"}; !slices.Equal(limits, want) {
			t.Errorf("asked for %v, want %v", limits, want)
		}
	})
}

// TestCatchUpFollowsACursor: what the link leaves out is put back.
func TestCatchUpFollowsACursor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := apple{next: func(query url.Values) string { return "cursor=" + query.Get("cursor") }}
		for i := range 450 {
			a.add(fmt.Sprintf("%03d", i), time.Now().Add(-time.Hour), failed, nil)
		}
		handed, _, err := a.catchUp(t, time.Time{}, nil)
		if err != nil || len(handed) != 450 || len(a.requests) != 3 {
			t.Errorf("handed over %d in %d requests, %v", len(handed), len(a.requests), err)
		}
	})
}
