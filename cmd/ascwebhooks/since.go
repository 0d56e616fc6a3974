package main

// The values of --since.

import (
	"strconv"
	"strings"
	"time"
)

const (
	sinceUsage = "2026-11-20, 2026-11-20T15:00:00Z,\nor how long ago, such as 24h or 2d; at most ten days"
	listed     = 10 * 24 * time.Hour // what App Store Connect lists
)

// parseSince takes a date or a time in UTC, or a duration before now. Empty, or
// as far back as App Store Connect lists, is the zero time.
func parseSince(since string, now time.Time) (time.Time, error) {
	if since == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, since)
	if err != nil {
		at, err = time.Parse(time.DateOnly, since)
	}
	if ago, ok := parseAgo(since); ok {
		at, err = now.Add(-ago), nil
	}
	switch {
	case err != nil:
		return at, usagef("--since must be a date such as 2026-11-20, a time such as 2026-11-20T15:00:00Z, " +
			"or how long ago, such as 24h or 2d")
	case now.Sub(at) > listed:
		return at, usagef("--since is over ten days ago, and App Store Connect lists ten days")
	case now.Sub(at) == listed:
		return time.Time{}, nil
	}
	return at, nil
}

// parseAgo takes a duration as Go writes it, or days.
func parseAgo(text string) (time.Duration, bool) {
	if number, isDays := strings.CutSuffix(text, "d"); isDays {
		days, err := strconv.ParseUint(number, 10, 16)
		return time.Duration(days) * 24 * time.Hour, err == nil && days > 0
	}
	ago, err := time.ParseDuration(text)
	return ago, err == nil && ago > 0
}
