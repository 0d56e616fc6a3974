package asctest

// Finding deliveries without going through all of them.

import (
	"slices"
	"sort"
	"strings"
	"time"
)

// deliveryIndex is guarded by the record's lock.
type deliveryIndex struct {
	byID   map[string]*Delivery   // by their IDs in lower case
	listed map[string][]*Delivery // those of a webhook that the API has, in the order of Created
	log    []deliveryChange       // each delivery twice at most
}

type deliveryChange struct {
	number   int
	delivery *Delivery
}

func (x *deliveryIndex) add(d *Delivery) {
	if x.byID == nil {
		x.byID, x.listed = map[string]*Delivery{}, map[string][]*Delivery{}
	}
	x.byID[strings.ToLower(d.ID)] = d
	if original := x.byID[d.original]; original != nil {
		original.repeated = true
	}
	if d.listed {
		list := x.listed[d.WebhookID]
		at := len(list)
		for at > 0 && list[at-1].Created.After(d.Created) { // few: the clock goes forward
			at--
		}
		x.listed[d.WebhookID] = slices.Insert(list, at, d)
	}
}

func (x *deliveryIndex) remove(d *Delivery) {
	delete(x.byID, strings.ToLower(d.ID))
	list := x.listed[d.WebhookID]
	if i := slices.Index(list, d); i == 0 {
		x.listed[d.WebhookID] = list[1:]
	} else if i > 0 {
		x.listed[d.WebhookID] = slices.Delete(list, i, i+1)
	}
	if len(x.listed[d.WebhookID]) == 0 {
		delete(x.listed, d.WebhookID)
	}
}

// note remembers that d has changed.
func (x *deliveryIndex) note(d *Delivery, number int) {
	d.change = number
	x.log = append(x.log, deliveryChange{number, d})
	x.log = x.log[max(0, len(x.log)-2*maxRecorded):]
}

// since returns the deliveries that have changed since, each as it is now.
func (x *deliveryIndex) since(number int) (changed []Delivery) {
	first := sort.Search(len(x.log), func(i int) bool { return x.log[i].number > number })
	for _, entry := range x.log[first:] {
		if d := entry.delivery; d.change == entry.number && x.byID[strings.ToLower(d.ID)] == d {
			changed = append(changed, *d)
		}
	}
	return changed
}

// between returns those of a webhook that the API lists, created between both times, oldest first.
func (x *deliveryIndex) between(webhookID string, from, until time.Time) []*Delivery {
	list := x.listed[webhookID]
	end := sort.Search(len(list), func(i int) bool { return list[i].Created.After(until) })
	begin := sort.Search(end, func(i int) bool {
		return !list[i].Created.Truncate(time.Millisecond).Before(from) // as it is shown
	})
	return list[begin:end]
}
