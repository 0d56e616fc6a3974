package main

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

// errUnknown: the notification is of a kind that this service does not know.
var errUnknown = errors.New("unknown notification")

// apply works a notification into the catalogue. Only the time of the event
// counts, so that notifications may come in any order and more than once.
func apply(ctx context.Context, tx *sql.Tx, body []byte, receivedAt time.Time) error {
	n, err := notification.Decode(body)
	if err != nil {
		return errUnknown
	}
	millis := func(event time.Time) int64 { return cmp.Or(event, n.Timestamp, receivedAt).UnixMilli() }
	switch e := n.Event.(type) {
	case *notification.PackageVersionAvailable:
		return offer(ctx, tx, e, millis(e.EventTimestamp))
	case *notification.AppVersionsUnavailable:
		for _, packageID := range e.PackageIDs {
			if err := withdraw(ctx, tx, e.MarketplaceAppID, e.AppID, packageID, millis(e.EventTimestamp)); err != nil {
				return err
			}
		}
		return nil
	case *notification.AppUnavailable:
		return withdraw(ctx, tx, e.MarketplaceAppID, e.AppID, "*", millis(e.EventTimestamp))
	default:
		return errUnknown
	}
}

func offer(ctx context.Context, tx *sql.Tx, e *notification.PackageVersionAvailable, at int64) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO versions (marketplace_app_id, app_id, package_id, version_id, version_num, available_at)
		VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET available_at = max(available_at, excluded.available_at)`,
		e.MarketplaceAppID, e.AppID, e.PackageID, e.PackageVersionID, e.PackageVersionNum, at)
	return err
}

func withdraw(ctx context.Context, tx *sql.Tx, marketplaceAppID, appID, packageID string, at int64) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO withdrawals (marketplace_app_id, app_id, package_id, withdrawn_at)
		VALUES (?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET withdrawn_at = max(withdrawn_at, excluded.withdrawn_at)`,
		marketplaceAppID, appID, packageID, at)
	return err
}

// A version is one line of the catalogue: what may be offered now.
type version struct {
	MarketplaceAppID string `json:"marketplaceAppId"`
	AppID            string `json:"appId"`
	PackageID        string `json:"packageId"`
	VersionID        string `json:"versionId"`
	VersionNum       string `json:"versionNum"`
}

// readCatalogue returns the versions that may be offered, in a fixed order.
func readCatalogue(ctx context.Context, db *sql.DB) ([]version, error) {
	rows, err := db.QueryContext(ctx, `
		SELECT marketplace_app_id, app_id, package_id, version_id, version_num FROM catalogue
		ORDER BY marketplace_app_id, app_id, package_id, version_id`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	versions := []version{}
	for rows.Next() {
		var v version
		if err := rows.Scan(&v.MarketplaceAppID, &v.AppID, &v.PackageID, &v.VersionID, &v.VersionNum); err != nil {
			return nil, err
		}
		versions = append(versions, v)
	}
	return versions, rows.Err()
}

// serveCatalogue answers with the catalogue as JSON.
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
