// Package gobuild builds commands for tests.
package gobuild

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// Into builds a command into folder as a release does: without cgo, debug information and this machine's paths. args are
// flags of go build and the package. Unlike go build, go run keeps executables in the cache, and links only what has changed.
func Into(ctx context.Context, folder string, args ...string) error {
	args = append([]string{"run", "-trimpath", "-exec", `sh -c 'cp "$0" "$1"'`}, append(args, folder)...)
	build := exec.CommandContext(ctx, "go", args...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building %q: %w\n%s", args, err, out)
	}
	return nil
}
