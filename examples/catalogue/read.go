package catalogue

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"time"
)

// A Version is one line of the catalogue: what may be offered now, and where.
type Version struct {
	AppID     string `json:"appId"`
	PackageID string `json:"packageId"`
	ID        string `json:"versionId"`
	Number    string `json:"versionNum"`

	WithdrawnIn []string `json:"withdrawnIn,omitempty"` // everywhere but in these territories
	OnlyIn      []string `json:"onlyIn,omitempty"`      // in these only; one of the two lists is empty
}

// Read returns what may be offered, sorted by app, package and version.
func Read(ctx context.Context, db *sql.DB) ([]Version, error) {
	rows, err := db.QueryContext(ctx, `
		SELECT v.app_id, v.package_id, v.version_id, v.version_num, v.available_at,
			coalesce(a.package_id, ''), coalesce(a.territory, ''), coalesce(a.available, false), coalesce(a.at, 0)
		FROM versions v LEFT JOIN availability a ON a.app_id = v.app_id AND a.package_id IN (v.package_id, '*')`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	known := map[[2]string]*knowledge{} // by app and version
	for rows.Next() {
		v, s, a := knowledge{latest: map[scope]availability{}}, scope{}, availability{}
		err := rows.Scan(&v.AppID, &v.PackageID, &v.ID, &v.Number, &v.availableAt, &s.packageID, &s.territory, &a.available, &a.at)
		if err != nil {
			return nil, err
		}
		key := [2]string{v.AppID, v.ID}
		if known[key] == nil {
			known[key] = &v
		}
		if s.territory != "" {
			known[key].latest[s] = a
		}
	}
	offered := []Version{}
	for _, k := range known {
		if k.place() {
			offered = append(offered, k.Version)
		}
	}
	slices.SortFunc(offered, func(a, b Version) int {
		return cmp.Or(cmp.Compare(a.AppID, b.AppID), cmp.Compare(a.PackageID, b.PackageID), cmp.Compare(a.ID, b.ID))
	})
	return offered, rows.Err()
}

// knowledge is all that is known of one version.
type knowledge struct {
	Version
	availableAt int64
	latest      map[scope]availability
}

type scope struct{ packageID, territory string }

type availability struct {
	available bool
	at        int64
}

// place fills the lists of territories. It reports whether the version may be offered anywhere.
func (k *knowledge) place() bool {
	elsewhere := k.isOffered(all)
	var others []string
	for s := range k.latest {
		if s.territory != all && !slices.Contains(others, s.territory) && k.isOffered(s.territory) != elsewhere {
			others = append(others, s.territory)
		}
	}
	slices.Sort(others)
	if elsewhere {
		k.WithdrawnIn = others
		return true
	}
	k.OnlyIn = others
	return len(others) > 0
}

// isOffered reports whether neither the package nor the app is withdrawn in a territory.
//
// The later event wins there: one of webhooks names the territory, one of
// marketplaceWebhooks means all of them. The report of a version as available
// ends an earlier withdrawal from all territories, but not one from a single
// territory, since it does not say where.
func (k *knowledge) isOffered(territory string) bool {
	for _, packageID := range []string{k.PackageID, all} {
		everywhere, isWithdrawn := k.latest[scope{packageID, all}] // nothing else is reported of all territories
		isWithdrawn = isWithdrawn && everywhere.at >= k.availableAt
		here, isKnown := k.latest[scope{packageID, territory}]
		if territory != all && isKnown && (here.at > everywhere.at || !here.available) {
			isWithdrawn = !here.available
		}
		if isWithdrawn {
			return false
		}
	}
	return true
}

// Handler responds with the catalogue as JSON.
func Handler(db *sql.DB, logger *slog.Logger) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		versions, err := Read(ctx, db)
		if err != nil {
			logger.Error("catalogue not read", "error", err)
			http.Error(w, "the catalogue can't be read", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"versions": versions})
	}
}
