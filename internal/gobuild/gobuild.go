// Package gobuild builds commands for tests.
package gobuild

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// Released builds a command into folder as a release does: without cgo, debug information and this machine's paths.
func Released(ctx context.Context, folder, pkg string) error {
	return build(ctx, []string{"CGO_ENABLED=0"}, folder, pkg)
}

// Into builds a command into folder, without debug information and this machine's paths. args are flags of go build and
// the package.
func Into(ctx context.Context, folder string, args ...string) error {
	return build(ctx, nil, folder, args...)
}

// Unlike go build, go run keeps executables in the cache, and links only what has changed.
func build(ctx context.Context, env []string, folder string, args ...string) error {
	args = append([]string{"run", "-trimpath", "-exec", `sh -c 'cp "$0" "$1"'`}, append(args, folder)...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %q: %w\n%s", args, err, out)
	}
	return nil
}
