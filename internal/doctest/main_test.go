// Package doctest checks what the documents promise: links, names, code, and
// what an importer pays.
package doctest_test

import (
	"fmt"
	"os"
	"testing"
)

// TestMain runs the tests in the root of the module, where the documents are.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
