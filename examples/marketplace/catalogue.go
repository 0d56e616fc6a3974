package main

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// errUnknown: the notification is of a kind that this service does not know.
var errUnknown = errors.New("unknown notification")

// apply works a notification of either resource into the catalogue. Only the
// time of the event counts, so that notifications may come in any order and more
// than once. fetched is what was read and downloaded for it, if anything.
func apply(ctx context.Context, tx *sql.Tx, n *notification.Notification, receivedAt time.Time, fetched *wrapper.PackageVersion) error {
	at := cmp.Or(eventTime(n.Event), n.Timestamp, receivedAt).UnixMilli()
	a := availability{ctx: ctx, tx: tx, marketplaceAppID: n.MarketplaceAppID, appID: n.AppID, at: at}
	switch e := n.Event.(type) {
	case *notification.PackageVersionAvailable:
		return offer(ctx, tx, version{e.MarketplaceAppID, e.AppID, e.PackageID, e.PackageVersionID, e.PackageVersionNum, nil}, at)
	case *notification.AppVersionsUnavailable:
		return a.set(e.PackageIDs, []string{all}, false)
	case *notification.AppUnavailable:
		return a.set([]string{all}, []string{all}, false)
	case *notification.AlternativeDistributionPackageVersionCreated:
		return offer(ctx, tx, version{e.MarketplaceAppID, e.AppID, fetched.PackageID, fetched.ID, fetched.Version, nil}, at)
	case *notification.AlternativeDistributionPackageAvailableUpdated:
		return a.set([]string{e.PackageID}, e.Territories, e.Available)
	case *notification.AlternativeDistributionTerritoryAvailabilityUpdated:
		return a.set([]string{all}, e.Territories, e.Available)
	case *notification.WebhookPingCreated:
		return nil
	default:
		return errUnknown
	}
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

func offer(ctx context.Context, tx *sql.Tx, v version, at int64) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO versions (marketplace_app_id, app_id, package_id, version_id, version_num, available_at)
		VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET available_at = max(available_at, excluded.available_at)`,
		v.MarketplaceAppID, v.AppID, v.PackageID, v.VersionID, v.VersionNum, at)
	return err
}

// all stands for all packages of an app, and for all territories.
const all = "*"

// availability is what one event says of packages and territories.
type availability struct {
	ctx                     context.Context
	tx                      *sql.Tx
	marketplaceAppID, appID string
	at                      int64
}

// set records it for each pair, unless a later event said otherwise.
func (a availability) set(packageIDs, territories []string, available bool) error {
	for _, packageID := range packageIDs {
		for _, territory := range territories {
			_, err := a.tx.ExecContext(a.ctx, `
				INSERT INTO availability (marketplace_app_id, app_id, package_id, territory, available, at)
				VALUES (?, ?, ?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET available = excluded.available, at = excluded.at
				WHERE excluded.at > at OR excluded.at = at AND NOT excluded.available`,
				a.marketplaceAppID, a.appID, packageID, territory, available, a.at)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// A version is one line of the catalogue: what may be offered now.
type version struct {
	MarketplaceAppID string `json:"marketplaceAppId"`
	AppID            string `json:"appId"`
	PackageID        string `json:"packageId"`
	VersionID        string `json:"versionId"`
	VersionNum       string `json:"versionNum"`

	WithdrawnIn []string `json:"withdrawnIn,omitempty"` // territories
}

// readCatalogue returns the versions that may be offered, in a fixed order.
func readCatalogue(ctx context.Context, db *sql.DB) ([]version, error) {
	rows, err := db.QueryContext(ctx, `
		SELECT marketplace_app_id, app_id, package_id, version_id, version_num, coalesce(withdrawn_in, '') FROM catalogue
		ORDER BY marketplace_app_id, app_id, package_id, version_id`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	versions := []version{}
	for rows.Next() {
		var v version
		var withdrawnIn string
		if err := rows.Scan(&v.MarketplaceAppID, &v.AppID, &v.PackageID, &v.VersionID, &v.VersionNum, &withdrawnIn); err != nil {
			return nil, err
		}
		if withdrawnIn != "" {
			v.WithdrawnIn = strings.Split(withdrawnIn, ",")
		}
		versions = append(versions, v)
	}
	return versions, rows.Err()
}

// serveCatalogue responds with the catalogue as JSON.
func serveCatalogue(db *sql.DB, logger *slog.Logger) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		versions, err := readCatalogue(r.Context(), db)
		if err != nil {
			logger.Error("catalogue not read", "error", err)
			http.Error(w, "the catalogue can't be read", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(map[string]any{"versions": versions}); err != nil {
			logger.Warn("catalogue not sent", "error", err)
		}
	}
}
