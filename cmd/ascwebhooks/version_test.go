package main

import (
	"runtime/debug"
	"testing"
)

func TestVersionComesFromTheBuildInfo(t *testing.T) {
	t.Parallel()
	commit := []debug.BuildSetting{{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: "0123abc"}}
	for _, test := range []struct {
		name            string
		info            *debug.BuildInfo
		version, commit string
	}{
		{"a release", &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: commit}, "v1.2.3", "0123abc"},
		{"go install", &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}, "v1.2.3", ""},
		{"a build outside git", &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, "(devel)", ""},
		{"a test", &debug.BuildInfo{}, "(devel)", ""},
		{"no build info", nil, "(devel)", ""},
	} {
		got := versionOf(test.info)
		if got.Version != test.version || got.Commit != test.commit {
			t.Errorf("%s: got %q at %q, want %q at %q", test.name, got.Version, got.Commit, test.version, test.commit)
		}
	}
}
