//go:build !race

// Package racetest tells tests whether the race detector is on.
package racetest

// Enabled reports whether the race detector is on.
const Enabled = false
