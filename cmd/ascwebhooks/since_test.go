package main

import (
	"strings"
	"testing"
	"time"
)

func TestSince(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for since, want := range map[string]string{
		"":                          "0001-01-01T00:00:00Z",
		"24h":                       "2026-11-27T12:00:00Z",
		"2d":                        "2026-11-26T12:00:00Z",
		"2026-11-20":                "2026-11-20T00:00:00Z",
		"2026-11-20T15:00:00Z":      "2026-11-20T15:00:00Z",
		"2026-11-20T15:00:00+02:00": "2026-11-20T13:00:00Z",
		"10d":                       "0001-01-01T00:00:00Z", // everything that is listed
		"11d":                       "--since is over ten days ago, and App Store Connect lists ten days",
		"2026-11-18":                "--since is over ten days ago, and App Store Connect lists ten days",
		"99999d":                    "--since must be a date such as",
		"0d":                        "--since must be a date such as",
		"-2d":                       "--since must be a date such as",
		"d":                         "--since must be a date such as",
		"2026-11-31":                "--since must be a date such as",
	} {
		at, err := parseSince(since, now)
		got := at.UTC().Format(time.RFC3339)
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s, want %s", since, got, want)
		}
	}
}
