package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ascmarketplace/webhooks/wrapper"
)

const (
	grace  = 15 * time.Minute    // for a delivery to arrive, or to be caught up with
	listed = 10 * 24 * time.Hour // how long App Store Connect was seen to list deliveries
)

// judgeDeliveries looks at what App Store Connect posted to each webhook.
func (e *examination) judgeDeliveries(ctx context.Context) {
	switch {
	case e.AppID == "":
		e.skip(checkDeliveries, "no app was given: only webhooks of an app have a list of deliveries")
	case e.listErr != nil:
		e.skip(checkDeliveries, "the app's webhooks can't be listed")
	case len(e.webhooks) == 0:
		e.skip(checkDeliveries, "the app has no webhook")
	}
	for _, webhook := range e.webhooks {
		e.report(e.deliveriesOf(ctx, webhook.ID))
	}
}

// tally is what the list says of one webhook's deliveries.
type tally struct {
	deliveries int
	statuses   map[string]int // of failed deliveries
	events     map[string]wrapper.Delivery
}

func (e *examination) deliveriesOf(ctx context.Context, id string) Finding {
	f := Finding{Check: checkDeliveries, About: id, Status: OK}
	ahead, _ := e.clock.skew()
	now := time.Now().Add(-ahead)
	since := e.Since
	tooOld := !since.IsZero() && now.Sub(since) > listed
	if tooOld {
		since = time.Time{}
	}
	t := tally{statuses: map[string]int{}, events: map[string]wrapper.Delivery{}}
	for delivery, err := range e.client.Webhooks.Deliveries(ctx, id, wrapper.DeliveryFilter{Since: since}) {
		if errors.Is(err, wrapper.ErrNotFound) {
			f.Status, f.Found = Skipped, "the webhook was deleted meanwhile"
			return f
		}
		if err != nil {
			f.Status, f.Found, f.Advice = Failure, "they can't be listed: "+short(err), "Try again; 'ascwebhooks webhooks deliveries "+id+"' shows the error whole"
			return f
		}
		t.add(delivery)
	}
	t.judge(&f, now, e.Since)
	if tooOld && f.Status != Failure {
		f.Status = Failure
		f.Found = "the file's time is over ten days ago, and earlier deliveries can't be listed any more; " + f.Found
		f.Advice = "Bring what the events tell up to date by reading it, and run 'ascwebhooks webhooks catch-up " + id + "'"
	}
	return f
}

func (t *tally) add(d wrapper.Delivery) {
	t.deliveries++
	if d.State == wrapper.DeliveryFailed {
		status := "no response"
		if d.StatusCode != 0 {
			status = fmt.Sprint(d.StatusCode)
		}
		t.statuses[status]++
	}
	event := cmp.Or(d.EventID, d.ID)
	if last, known := t.events[event]; !d.Ping && (!known || !d.CreatedDate.Before(last.CreatedDate)) {
		t.events[event] = d
	}
}

// judge counts the events whose last delivery did not succeed.
func (t *tally) judge(f *Finding, now, since time.Time) {
	missed, late := 0, 0
	for _, last := range t.events {
		if last.State == wrapper.DeliverySucceeded {
			continue
		}
		isLate := now.Sub(last.CreatedDate) > grace
		if isLate {
			late++
		}
		if isLate || last.State == wrapper.DeliveryFailed {
			missed++
		}
	}
	failed := ""
	for _, status := range slices.Sorted(maps.Keys(t.statuses)) {
		failed += fmt.Sprintf(", %d failed (%s)", t.statuses[status], status)
	}
	f.Found = fmt.Sprintf("%d deliveries in the last ten days%s", t.deliveries, failed)
	catchUp := "Run 'ascwebhooks webhooks catch-up " + f.About + "', or have the service call KeepUp"
	switch {
	case !since.IsZero():
		f.Found = strings.Replace(f.Found, "in the last ten days", "since "+since.UTC().Format(time.RFC3339), 1)
		if late > 0 {
			f.Status, f.Advice = Failure, catchUp
		}
		f.Found += fmt.Sprintf("; %d events have not been delivered for over 15 minutes", late)
	case missed > 0:
		f.Status, f.Advice = Warning, catchUp
		f.Found += fmt.Sprintf("; %d events were not delivered, and which of them were caught up with can't be known without --next-file", missed)
	default:
		f.Found += "; no event awaits catching up"
	}
}
