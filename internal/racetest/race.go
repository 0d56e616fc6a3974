//go:build race

package racetest

// Enabled reports whether the race detector is on. It counts allocations of its
// own, and makes what has no concurrency ten times slower.
const Enabled = true
