//go:build race

package main

import "testing"

// needsSpeed skips what takes minutes with the race detector, under which SQLite in Go is many times slower. The gate
// runs every test without it, too.
func needsSpeed(t *testing.T) {
	t.Helper()
	t.Skip("SQLite in Go is too slow for it with the race detector: run it without")
}
