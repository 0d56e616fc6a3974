package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

type versionDocument struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go"`
	System  string `json:"system"`
}

func newVersion(sys *system) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  ascwebhooks version\n  ascwebhooks version --output json",
		RunE:    func(*cobra.Command, []string) error { return sys.printVersion() },
	}
}

// addVersionFlag makes ascwebhooks --version another way to ask.
func addVersionFlag(root *cobra.Command, sys *system) {
	version := root.Flags().Bool("version", false, "print the version")
	help := root.RunE
	root.RunE = func(cmd *cobra.Command, args []string) error {
		if *version {
			return sys.printVersion()
		}
		return help(cmd, args)
	}
}

func (s *system) printVersion() error {
	v := readVersion()
	return s.print(v, fmt.Sprintf("ascwebhooks %s (%s, %s)\n", v.Version, v.Go, v.System))
}

// readVersion returns what the binary was built from.
func readVersion() versionDocument {
	info, _ := debug.ReadBuildInfo()
	return versionOf(info)
}

// versionOf reads build info, which may be nil. Only a build outside a git checkout has the version (devel);
// .ci/release-version keeps such a binary out of a release.
func versionOf(info *debug.BuildInfo) versionDocument {
	v := versionDocument{Version: "(devel)", Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
	if info == nil {
		return v
	}
	v.Version = cmp.Or(info.Main.Version, v.Version)
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			v.Commit = setting.Value
		}
	}
	return v
}

func userAgent() string { return "ascwebhooks/" + readVersion().Version }
