package wrapper

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/ascmarketplace/webhooks/gen"
)

// Apps is the apps resource.
type Apps struct{ c *Client }

// App is an app of the account.
type App struct {
	ID            string
	Name          string
	BundleID      string
	SKU           string
	PrimaryLocale string // such as en-US
}

// Get returns an app.
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-apps-_id_
func (s *Apps) Get(ctx context.Context, id string) (App, error) {
	call := s.c.call(operation{id: "apps_getInstance", invalid: checkAppID(id)})
	app := single(call, id, newApp)
	return value(app.result(call.AppsGetInstance(ctx, id)))
}

// ByBundleID returns the app with the bundle ID, or an error that matches
// ErrNotFound. Case makes no difference (assumed).
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-apps
func (s *Apps) ByBundleID(ctx context.Context, bundleID string) (App, error) {
	for app, err := range s.withBundleID(ctx, bundleID) {
		if err != nil || strings.EqualFold(app.BundleID, bundleID) {
			return app, err
		}
	}
	return App{}, fmt.Errorf("wrapper: the account has no app with this bundle ID: %w", ErrNotFound)
}

func (s *Apps) withBundleID(ctx context.Context, bundleID string) iter.Seq2[App, error] {
	params := gen.AppsGetCollectionParams{FilterBundleID: []string{bundleID}, Limit: maxPage}
	return pages[App](func(query string) ([]*App, string, error) {
		call := s.c.call(operation{id: "apps_getCollection", invalid: checkBundleID(bundleID), query: query})
		apps := list(call, newApp)
		return apps.page(call.AppsGetCollection(ctx, &params))
	}).all
}

func newApp(from *gen.App, _ []included) (*App, error) {
	return new(appOf(from.ID, from.Attributes)), checkResource(from.Type, gen.AppTypeApps, from.ID)
}

func (a App) id() string { return a.ID }

func appOf(id string, from gen.App_Attributes) App {
	return App{ID: id, Name: from.Name, BundleID: from.BundleID, SKU: from.Sku, PrimaryLocale: from.PrimaryLocale}
}

// includedApp is the app that a relationship leads to: its ID alone if it was not included.
func includedApp(included []included, related gen.RelatedResource) App {
	return appOf(related.ID, attributesOf[gen.App_Attributes](included, related))
}
