// Package doctest checks what the documents promise: links, names, code, and
// what an importer pays.
package doctest_test

import (
	"fmt"
	"os"
	"testing"
)

// TestMain runs the tests in the root of the module, where the documents are.
// The cache of go test does not see what they read: use -count=1, or -shuffle=on
// as make test does.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
