//go:build race

package main

// scale divides the large numbers of tests: with the race detector, SQLite in Go is many times slower.
const scale = 10
