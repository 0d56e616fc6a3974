package main

// The events that notify makes, and what listen prints of them.

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/notification"
)

// Apple's names of the types; the last is another spelling of the second.
const (
	packageVersionAvailable = "AlternativeDistributionPackageVersionAvailable"
	appVersionsUnavailable  = "AppVersionsUnavailable"
	appUnavailable          = "AppUnavailable"
	appVersionUnavailable   = "AppVersionUnavailable"
)

func eventTypes() []string {
	return []string{packageVersionAvailable, appVersionsUnavailable, appUnavailable, appVersionUnavailable}
}

func eventFlagNames() []string {
	return []string{"type", "id", "marketplace-app-id", "app-id", "package-id", "package-version-id", "package-version-num"}
}

type eventFlags struct {
	typ, id, marketplaceAppID, appID    string
	packageIDs                          []string
	packageVersionID, packageVersionNum string
}

func (e *eventFlags) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&e.typ, "type", packageVersionAvailable, "`type`: "+strings.Join(eventTypes(), ",\n"))
	f.StringVar(&e.id, "id", "", "`id` of the notification (default a random one); twice the same is a duplicate")
	f.StringVar(&e.marketplaceAppID, "marketplace-app-id", "6478000000", "`id` of the marketplace's app")
	f.StringVar(&e.appID, "app-id", "6478000001", "`id` of the app")
	f.StringArrayVar(&e.packageIDs, "package-id", []string{"9d5a1ae2-3c0f-4b7e-9a51-2f8f3f1f7a01"}, "`id` of a package (repeatable)")
	f.StringVar(&e.packageVersionID, "package-version-id", "5b0c8f0e-7d7c-4f0b-8d0a-6c2f5f0b7a02", "`id` of the package's version")
	f.StringVar(&e.packageVersionNum, "package-version-num", "1", "`number` of the package's version")
	complete(cmd, "type", eventTypes()...)
}

// notification makes the notification that the flags describe.
func (e *eventFlags) notification(cmd *cobra.Command) (*notification.Notification, error) {
	var event notification.Event
	var others []string // flags of other types
	switch e.typ {
	case packageVersionAvailable:
		if len(e.packageIDs) > 1 {
			return nil, usagef("--package-id can be given once for %s", e.typ)
		}
		event = &notification.PackageVersionAvailable{
			MarketplaceAppID: e.marketplaceAppID, AppID: e.appID, PackageID: e.packageIDs[0],
			PackageVersionID: e.packageVersionID, PackageVersionNum: e.packageVersionNum,
		}
	case appVersionsUnavailable, appVersionUnavailable:
		others = []string{"package-version-id", "package-version-num"}
		event = &notification.AppVersionsUnavailable{MarketplaceAppID: e.marketplaceAppID, AppID: e.appID, PackageIDs: e.packageIDs}
	case appUnavailable:
		others = []string{"package-id", "package-version-id", "package-version-num"}
		event = &notification.AppUnavailable{MarketplaceAppID: e.marketplaceAppID, AppID: e.appID}
	default:
		return nil, usagef("--type must be one of %s", strings.Join(eventTypes(), ", "))
	}
	for _, name := range others {
		if cmd.Flags().Changed(name) {
			return nil, usagef("--%s does not belong to %s", name, e.typ)
		}
	}
	n := notification.New(event)
	n.Type = e.typ
	if e.id != "" {
		n.ID = e.id
	}
	return n, nil
}

// describe returns the attributes of an event; nothing if it is not known.
func describe(event notification.Event) string {
	switch e := event.(type) {
	case *notification.PackageVersionAvailable:
		return fmt.Sprintf("marketplace=%s app=%s package=%s version=%s num=%s",
			e.MarketplaceAppID, e.AppID, e.PackageID, e.PackageVersionID, e.PackageVersionNum)
	case *notification.AppVersionsUnavailable:
		return fmt.Sprintf("marketplace=%s app=%s packages=%s", e.MarketplaceAppID, e.AppID, strings.Join(e.PackageIDs, ","))
	case *notification.AppUnavailable:
		return fmt.Sprintf("marketplace=%s app=%s", e.MarketplaceAppID, e.AppID)
	}
	return ""
}
