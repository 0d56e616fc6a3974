package main

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// apply works a notification into the catalogue and returns the state of its row.
// fetched is the version that it is about, if it is about one that exists.
func apply(
	ctx context.Context, tx pgx.Tx, n *notification.Notification, fetched wrapper.PackageVersion,
) (state string, err error) {
	switch e := n.Event.(type) {
	case *notification.AlternativeDistributionPackageVersionCreated:
		if fetched.ID == "" {
			return "rejected", nil
		}
		_, err = tx.Exec(ctx, `INSERT INTO versions VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
			n.MarketplaceAppID, n.AppID, fetched.PackageID, fetched.ID, fetched.Version)
	case *notification.AlternativeDistributionPackageAvailableUpdated:
		err = setAvailability(ctx, tx, n, e.PackageID, e.Territories, e.Available)
	case *notification.AlternativeDistributionTerritoryAvailabilityUpdated:
		err = setAvailability(ctx, tx, n, "*", e.Territories, e.Available)
	case *notification.WebhookPingCreated:
	default:
		return "unknown", nil // kept: a later release may know it
	}
	return "applied", err
}

// setAvailability lets the later event win, in whatever order they come; at the same
// instant, the withdrawal. The rows are sorted so that no two workers wait for each other.
func setAvailability(
	ctx context.Context, tx pgx.Tx, n *notification.Notification, packageID string, territories []string, available bool,
) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO availability AS a
		SELECT DISTINCT $1, $2, $3, territory, $5::boolean, $6::timestamptz
		FROM unnest($4::text[]) territory ORDER BY territory
		ON CONFLICT (marketplace_app_id, app_id, package_id, territory)
		DO UPDATE SET available = excluded.available, at = excluded.at
		WHERE excluded.at > a.at OR excluded.at = a.at AND NOT excluded.available`,
		n.MarketplaceAppID, n.AppID, packageID, territories, available, n.Timestamp)
	return err
}

// catalogueQuery tells what may be offered, in a fixed order.
const catalogueQuery = `
	SELECT json_build_object('versions', coalesce(json_agg(json_strip_nulls(json_build_object(
		'marketplaceAppId', marketplace_app_id, 'appId', app_id, 'packageId', package_id, 'versionId', version_id,
		'versionNum', version_num, 'withdrawnIn', (
			SELECT json_agg(DISTINCT territory ORDER BY territory) FROM availability a
			WHERE a.marketplace_app_id = v.marketplace_app_id AND a.app_id = v.app_id
				AND a.package_id IN (v.package_id, '*') AND NOT a.available)
	)) ORDER BY marketplace_app_id, app_id, package_id, version_id), '[]'))
	FROM versions v`
