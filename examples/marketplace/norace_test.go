//go:build !race

package main

import "testing"

func needsSpeed(*testing.T) {}
