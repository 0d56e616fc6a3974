package notification

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"time"
)

// version is the only one that Apple documents, for all types.
const version = 1

type envelope struct {
	Data data `json:"data"`
}

type data struct {
	Type          string        `json:"type"`
	Version       int           `json:"version,omitzero"`
	ID            string        `json:"id"`
	Timestamp     timestamp     `json:"timestamp,omitzero"`
	Attributes    attributes    `json:"attributes"`
	Relationships relationships `json:"relationships,omitzero"`
}

// attributes are those of all types together, so that one pass decodes them.
type attributes struct {
	MarketplaceAppID  string    `json:"marketplaceAppId,omitzero"`
	AppID             string    `json:"appId,omitzero"`
	PackageID         string    `json:"alternativeDistributionPackageId,omitzero"`
	PackageVersionID  string    `json:"alternativeDistributionPackageVersionId,omitzero"`
	PackageVersionNum string    `json:"alternativeDistributionPackageVersionNum,omitzero"`
	PackageIDs        []string  `json:"alternativeDistributionPackageIds,omitzero"`
	EventTimestamp    timestamp `json:"eventTimestamp,omitzero"`

	Available   *bool    `json:"available,omitzero"`
	Territories []string `json:"territories,omitzero"`
	Ping        bool     `json:"ping,omitzero"`

	OldValue              string `json:"oldValue,omitzero"`
	NewValue              string `json:"newValue,omitzero"`
	OldState              string `json:"oldState,omitzero"`
	NewState              string `json:"newState,omitzero"`
	OldExternalBuildState string `json:"oldExternalBuildState,omitzero"`
	NewExternalBuildState string `json:"newExternalBuildState,omitzero"`

	Timestamp preciseTimestamp `json:"timestamp,omitzero"`
}

type relationships struct {
	Instance       relationship `json:"instance,omitzero"`
	MarketplaceApp relationship `json:"marketplaceApp,omitzero"`
}

// A relationship names a resource in data, as in JSON:API, or flat, as in the
// events of background assets.
type relationship struct {
	Data resource `json:"data"`
	resource
}

type resource struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

func related(typ, id string) relationship     { return relationship{Data: resource{typ, id}} }
func relatedFlat(typ, id string) relationship { return relationship{resource: resource{typ, id}} }

func (r *relationship) id() string { return cmp.Or(r.Data.ID, r.ID) }

// MarshalJSON adds the link that Apple sends. It is not decoded: the ID says
// the same, and a token must not follow a link to wherever it points.
func (r relationship) MarshalJSON() ([]byte, error) {
	type links struct {
		Self string `json:"self"`
	}
	at := func(r resource) links {
		return links{"https://api.appstoreconnect.apple.com/v1/" + r.Type + "/" + url.PathEscape(r.ID)}
	}
	if r.ID != "" {
		return json.Marshal(struct {
			resource
			Links links `json:"links"`
		}{r.resource, at(r.resource)})
	}
	return json.Marshal(struct {
		Data  resource `json:"data"`
		Links links    `json:"links"`
	}{r.Data, at(r.Data)})
}

// state returns what changed and how, in any of Apple's spellings, and whether
// it is complete. The old state may be missing.
func (d *data) state() (instance, before, after string, complete bool) {
	instance, a := d.Relationships.Instance.id(), &d.Attributes
	before = cmp.Or(a.OldValue, a.OldState, a.OldExternalBuildState)
	after = cmp.Or(a.NewValue, a.NewState, a.NewExternalBuildState)
	return instance, before, after, instance != "" && after != ""
}

// allNamed reports whether a list is there and has no empty element.
func allNamed(list []string) bool { return list != nil && !slices.Contains(list, "") }

// A timestamp is a time as Apple writes it to a marketplace's endpoint. Reading
// one never fails, because no notification may be lost for its timestamp.
type timestamp time.Time

func (t *timestamp) UnmarshalJSON(b []byte) error {
	var read time.Time
	if read.UnmarshalJSON(b) != nil {
		return nil
	}
	// Year 9999 with an offset may be 10000 in UTC, which can't be written again.
	if utc := read.UTC(); 0 <= utc.Year() && utc.Year() <= 9999 {
		*t = timestamp(utc)
	}
	return nil
}

// MarshalJSON writes UTC as Apple does, with -00:00.
func (t timestamp) MarshalJSON() ([]byte, error) {
	return []byte(time.Time(t).UTC().Format(`"2006-01-02T15:04:05.000-00:00"`)), nil
}

// A preciseTimestamp is a time as Apple writes it to a webhook: with as many
// decimals as it has, and Z.
type preciseTimestamp struct{ timestamp }

func (t preciseTimestamp) MarshalJSON() ([]byte, error) {
	return []byte(time.Time(t.timestamp).UTC().Format(`"` + time.RFC3339Nano + `"`)), nil
}

// at is when the event of a webhook happened.
func (d *data) at() time.Time { return time.Time(d.Attributes.Timestamp.timestamp) }

func precisely(t, otherwise time.Time) preciseTimestamp {
	return preciseTimestamp{timestamp(orTime(t, otherwise))}
}

func orTime(t, otherwise time.Time) time.Time {
	if t.IsZero() {
		return otherwise
	}
	return t
}
