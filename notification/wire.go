package notification

import (
	"cmp"
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
	Data resource `json:"data,omitzero"`
	resource
	Links links `json:"links,omitzero"`
}

func (r *relationship) id() string { return cmp.Or(r.Data.ID, r.ID) }

type resource struct {
	Type string `json:"type,omitzero"`
	ID   string `json:"id,omitzero"`
}

type links struct {
	Self string `json:"self"`
}

// UnmarshalJSON skips the link: the ID says the same, and a token must not
// follow a link to wherever it points.
func (*links) UnmarshalJSON([]byte) error { return nil }

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

func orTime(t, otherwise time.Time) time.Time {
	if t.IsZero() {
		return otherwise
	}
	return t
}
