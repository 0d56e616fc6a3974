package spec

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// The tools that spec-diff runs, pinned outside go.mod.
const (
	oasdiff = "github.com/oasdiff/oasdiff@v1.35.0"
	apidiff = "golang.org/x/exp/cmd/apidiff@v0.0.0-20261014143641-f0251eb4aa3e"
)

// goCommand runs the go command in dir and returns its standard output.
func goCommand(ctx context.Context, dir string, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = dir
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return stdout.Bytes(), fmt.Errorf("go %s: %w\n%s%s", strings.Join(args, " "), err, &stdout, &stderr)
	}
	return stdout.Bytes(), nil
}

// copyModule copies the module at root to dir, without what git, build and releases leave behind.
func copyModule(root, dir string) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		target := filepath.Join(dir, name)
		switch {
		case entry.IsDir() && name != "." && (strings.HasPrefix(entry.Name(), ".") || slices.Contains([]string{"bin", "dist"}, name)):
			return filepath.SkipDir
		case entry.IsDir():
			return os.MkdirAll(target, 0o755)
		case !entry.Type().IsRegular():
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, data, 0o644)
	})
}

// generated makes a copy of the module in dir as if document were committed and
// gen regenerated, and writes the API of gen to exports.
func generated(ctx context.Context, root, dir, exports string, document *Document) error {
	if err := copyModule(root, dir); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, CommittedDocument), document.YAML, 0o644); err != nil {
		return err
	}
	if _, err := goCommand(ctx, dir, "generate", "."); err != nil {
		return fmt.Errorf("the generator cannot take API version %s: %w", document.Version, err)
	}
	_, err := goCommand(ctx, dir, "run", apidiff, "-w", exports, "./gen")
	return err
}

const goNames = "Go names of gen"

// nameChanges parses apidiff's output.
func nameChanges(output []byte) []Change {
	var changes []Change
	breaking := false
	for line := range strings.Lines(string(output)) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "- "); ok {
			changes = append(changes, Change{Group: goNames, Text: name, Breaking: breaking})
		} else if line != "" {
			breaking = strings.HasPrefix(line, "Incompatible")
		}
	}
	return changes
}

// compiles reports what keeps the module in dir from compiling.
func compiles(ctx context.Context, dir string) []Change {
	_, err := goCommand(ctx, dir, "build", "./...")
	if err == nil {
		return nil
	}
	var changes []Change
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); strings.Contains(line, ".go:") {
			changes = append(changes, Change{Group: "wrapper", Text: "does not compile: " + line, Breaking: true})
		}
	}
	if changes == nil {
		changes = []Change{{Group: "wrapper", Text: "does not compile: " + err.Error(), Breaking: true}}
	}
	return changes
}
