package main

// Which app is meant: by its ID or by its bundle ID.

import (
	"cmp"
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/wrapper"
)

type appFlags struct{ id, bundleID string }

func (a *appFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.id, "app", "", "`ID` of the app, which App Store Connect shows as Apple ID (or ASC_APP_ID)")
	cmd.Flags().StringVar(&a.bundleID, "bundle-id", "", "`bundle ID` of the app, such as com.example.app, instead of --app")
}

// given refuses flags that name two apps.
func (a *appFlags) given() (appFlags, error) {
	if a.id != "" && a.bundleID != "" {
		return appFlags{}, usagef("--app and --bundle-id both name an app: give one of them")
	}
	if a.bundleID != "" {
		return *a, nil
	}
	return appFlags{id: cmp.Or(a.id, os.Getenv("ASC_APP_ID"))}, nil
}

// needed refuses flags that name no app, too.
func (a *appFlags) needed() (appFlags, error) {
	app, err := a.given()
	if err == nil && app == (appFlags{}) {
		err = usagef("the app is missing: give --app or --bundle-id, or set ASC_APP_ID")
	}
	return app, err
}

// find returns the app's ID, for which it may have to ask App Store Connect.
func (a appFlags) find(ctx context.Context, client *wrapper.Client) (string, error) {
	if a.bundleID == "" {
		return a.id, nil
	}
	app, err := client.Apps.ByBundleID(ctx, a.bundleID)
	if errors.Is(err, wrapper.ErrNotFound) {
		return "", errors.New("--bundle-id: App Store Connect shows this key no app with this bundle ID")
	}
	return app.ID, err
}
