//go:build race

// Package racetest tells tests whether the race detector is on. It counts
// allocations of its own, and makes what has no concurrency ten times slower.
package racetest

// Enabled reports whether the race detector is on.
const Enabled = true
