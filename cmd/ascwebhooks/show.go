package main

// What an event is about.

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// A read returns the resource with an ID.
type read func(ctx context.Context, id string) (any, error)

// reads has one for the type of each event's subject, and of what these lead to.
func reads(c *wrapper.Client) map[string]read {
	return map[string]read{
		"alternativeDistributionPackageVersions":     readOf(c.PackageVersions.Get),
		"alternativeDistributionPackages":            readOf(c.Packages.Get),
		"appStoreVersions":                           readOf(c.AppStoreVersions.Get),
		"apps":                                       readOf(c.Apps.Get),
		"backgroundAssetVersionAppStoreReleases":     readOf(c.BackgroundAssets.AppStoreRelease),
		"backgroundAssetVersionExternalBetaReleases": readOf(c.BackgroundAssets.ExternalBetaRelease),
		"backgroundAssetVersionInternalBetaReleases": readOf(c.BackgroundAssets.InternalBetaRelease),
		"backgroundAssetVersions":                    readOf(c.BackgroundAssets.Version),
		"betaCrashLogs":                              readOf(c.BetaFeedback.CrashLog), // by the submission's ID
		"betaFeedbackCrashSubmissions":               readOf(c.BetaFeedback.Crash),
		"betaFeedbackScreenshotSubmissions":          readOf(c.BetaFeedback.Screenshot),
		"buildBetaDetails":                           readOf(c.Builds.BetaDetail),
		"buildUploads":                               readOf(c.Builds.Upload),
		"builds":                                     readOf(c.Builds.Get),
	}
}

func readOf[T any](get func(context.Context, string) (T, error)) read {
	return func(ctx context.Context, id string) (any, error) { return get(ctx, id) }
}

func readableTypes() []string { return slices.Sorted(maps.Keys(reads(new(wrapper.Client)))) }

func newShow(sys *system) *cobra.Command {
	var c caller
	cmd := &cobra.Command{
		Use:   "show TYPE ID",
		Short: "Show what an event is about",
		Long: `Show what an event is about, such as the upload of a build with the errors that App
Store Connect found in it. A notification has both arguments, as the type and the
ID of its instance. What is empty is left out; a tester's email address and the
access keys of URLs are not shown. The type betaCrashLogs takes the ID of the crash
submission, and shows the whole log. The types are:

  ` + strings.Join(readableTypes(), "\n  "),
		Example: `  ascwebhooks show buildUploads 7e3f1d64-52c8-4d0b-b0a4-1f9a6e2c8b03
  ascwebhooks show apps 6478000001 --output json | jq -r .name
  ascwebhooks show betaCrashLogs 0c9a1e5b-6f83-4a27-9f1d-2d8b7c4e6a90 > crash.txt`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: completeReadable,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(readableTypes(), args[0]) {
				return usagef("the type must be one of %s", strings.Join(readableTypes(), ", "))
			}
			return c.call(cmd, func(ctx context.Context, client *wrapper.Client) error {
				found, err := reads(client)[args[0]](ctx, args[1])
				if err != nil {
					return err
				}
				if log, ok := found.(string); ok {
					return sys.print(log, lineByLine(log))
				}
				value := reflect.ValueOf(found)
				return sys.print(documentOf(value), textOf("", value))
			})
		},
	}
	c.flags(cmd)
	return cmd
}

func completeReadable(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return readableTypes(), cobra.ShellCompDirectiveNoFileComp
}
