package notification

import (
	"reflect"
	"slices"
	"time"
)

// An Event is what a notification reports. These are the ones that Apple
// documents, and the ping:
//
//   - to the endpoint of a marketplaceWebhook: [*PackageVersionAvailable],
//     [*AppVersionsUnavailable], [*AppUnavailable]
//   - to the URL of a webhook, about what a marketplace may offer:
//     [*AlternativeDistributionPackageVersionCreated],
//     [*AlternativeDistributionPackageAvailableUpdated],
//     [*AlternativeDistributionTerritoryAvailabilityUpdated]
//   - to the URL of a webhook, about an app of your own: the types that embed
//     [StateChange] or [Creation], such as [*BuildUploadStateUpdated]
//   - to test a webhook: [*WebhookPingCreated]
//
// More may come in a minor version: give a switch over them a default. A
// decoded event has all of its IDs. They are strings, even where Apple's
// consist of digits. A time that is absent or unreadable is the zero time.
//
// Apple's pages of the first three and of the others:
// https://developer.apple.com/documentation/marketplacekit/processing-alternative-marketplace-notifications
// https://developer.apple.com/documentation/appstoreconnectapi/webhook-events
type Event interface {
	// transfer copies each field of the event to its place on the wire, or from there.
	transfer(*codec)
}

// A kind is the entry of one type of notification.
type kind struct {
	typ      string // data.type
	new      func() Event
	instance string // the type of the resource that relationships.instance names

	flat   bool                                      // no version, and the instance is not in data
	states func(*attributes) (before, after *string) // how Apple spells them

	exampleID, before, after string // the instance's, and its states in Apple's examples
}

// kinds are all that Decode knows, except that a ping has more forms.
var kinds = slices.Concat(marketplaceKinds, alternativeDistributionKinds, appKinds, []*kind{pingKind})

func newOf[E any]() Event { return any(new(E)).(Event) }

// kind returns the entry of d's type, or nil if the type is unknown. The type
// decides; only an unknown one may be a ping by its attribute.
func (d *data) kind() *kind {
	for _, k := range kinds {
		if k.typ == d.Type {
			return k
		}
	}
	if d.Attributes.Ping || d.Type == "webhookPings" {
		return pingKind
	}
	return nil
}

// event returns the event of d, or nil if its type or version is unknown or a
// required field is missing. Some of Apple's examples have no version.
func (d *data) event() Event {
	k := d.kind()
	if k == nil || d.Version != version && d.Version != 0 {
		return nil
	}
	event, c := k.new(), codec{data: d, kind: k}
	if event.transfer(&c); c.incomplete {
		return nil
	}
	return event
}

// encode returns event as Apple posts it, without the notification's ID. An
// event that has no time of its own gets at.
func encode(event Event, at time.Time) data {
	d := data{}
	i := slices.IndexFunc(kinds, func(k *kind) bool { return reflect.TypeOf(k.new()) == reflect.TypeOf(event) })
	if i < 0 {
		return d
	}
	d.Type = kinds[i].typ
	if !kinds[i].flat {
		d.Version = version
	}
	event.transfer(&codec{data: &d, kind: kinds[i], writing: true, at: at})
	return d
}
