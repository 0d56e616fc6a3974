// Package catalogue keeps what a marketplace may offer, in SQLite or PostgreSQL.
// The notifications of both resources, marketplaceWebhooks and webhooks, lead to
// the same catalogue in whatever order they come, and however often.
// examples/marketplace and examples/replicas stand on it.
package catalogue

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"slices"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// Schema creates what is missing, in either database.
//
//go:embed schema.sql
var Schema string

// Exec executes one statement of a transaction of yours, with parameters $1, $2 and so on.
type Exec func(ctx context.Context, statement string, args ...any) error

// ErrUnknown is returned for a notification that a later release may understand: keep it.
var ErrUnknown = errors.New("catalogue: unknown notification")

// all stands for all packages of an app, and for all territories.
const all = "*"

// Apply works a notification into the catalogue. Only the time of the event
// counts; where it is missing, the time of arrival stands for it, so that no
// withdrawal is dropped. read is the version that an
// AlternativeDistributionPackageVersionCreated is about.
func Apply(
	ctx context.Context, exec Exec, n *notification.Notification, receivedAt time.Time, read wrapper.PackageVersion,
) error {
	c := change{ctx, exec, cmp.Or(eventTime(n.Event), n.Timestamp, receivedAt).UnixMilli()}
	switch e := n.Event.(type) {
	case *notification.PackageVersionAvailable:
		return c.offer(e.AppID, e.PackageID, e.PackageVersionID, e.PackageVersionNum)
	case *notification.AppVersionsUnavailable:
		return c.set(e.AppID, e.PackageIDs, []string{all}, false)
	case *notification.AppUnavailable:
		return c.set(e.AppID, []string{all}, []string{all}, false)
	case *notification.AlternativeDistributionPackageVersionCreated:
		return c.offer(e.AppID, read.PackageID, read.ID, read.Version)
	case *notification.AlternativeDistributionPackageAvailableUpdated:
		return c.set(e.AppID, []string{e.PackageID}, e.Territories, e.Available)
	case *notification.AlternativeDistributionTerritoryAvailabilityUpdated:
		return c.set(e.AppID, []string{all}, e.Territories, e.Available)
	case *notification.WebhookPingCreated:
		return nil
	}
	return ErrUnknown
}

// Withdraws reports an event that takes something out of the catalogue: apply it
// before everything else.
func Withdraws(event notification.Event) bool {
	switch e := event.(type) {
	case *notification.AppVersionsUnavailable, *notification.AppUnavailable:
		return true
	case *notification.AlternativeDistributionPackageAvailableUpdated:
		return !e.Available
	case *notification.AlternativeDistributionTerritoryAvailabilityUpdated:
		return !e.Available
	}
	return false
}

// eventTime is the time of an event of marketplaceWebhooks, whose notification
// has another time of its own.
func eventTime(event notification.Event) time.Time {
	switch e := event.(type) {
	case *notification.PackageVersionAvailable:
		return e.EventTimestamp
	case *notification.AppVersionsUnavailable:
		return e.EventTimestamp
	case *notification.AppUnavailable:
		return e.EventTimestamp
	}
	return time.Time{}
}

// A change is what one event writes.
type change struct {
	ctx  context.Context
	exec Exec
	at   int64
}

// offer records that the version was reported as available.
func (c change) offer(appID, packageID, versionID, number string) error {
	return c.exec(c.ctx, `
		INSERT INTO versions (app_id, package_id, version_id, version_num, available_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (app_id, version_id) DO UPDATE SET available_at = excluded.available_at
		WHERE excluded.available_at > versions.available_at`,
		appID, packageID, versionID, number, c.at)
}

// set records the availability of packages in territories, unless a later event said otherwise. Of
// two at the same time the withdrawal wins: better to offer too little than too much. The rows are
// written in order, so that no two transactions wait for each other.
func (c change) set(appID string, packageIDs, territories []string, available bool) error {
	for _, packageID := range slices.Sorted(slices.Values(packageIDs)) {
		for _, territory := range slices.Sorted(slices.Values(territories)) {
			err := c.exec(c.ctx, `
				INSERT INTO availability (app_id, package_id, territory, available, at) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (app_id, package_id, territory) DO UPDATE SET available = excluded.available, at = excluded.at
				WHERE excluded.at > availability.at OR excluded.at = availability.at AND NOT excluded.available`,
				appID, packageID, territory, available, c.at)
			if err != nil {
				return err
			}
		}
	}
	return nil
}
