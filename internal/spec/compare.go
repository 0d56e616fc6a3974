package spec

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// The tools are pinned here, outside go.mod. The go command fetches them through the module proxy.
const (
	oasdiff = "github.com/oasdiff/oasdiff@v1.35.0"
	apidiff = "golang.org/x/exp/cmd/apidiff@v0.0.0-20261014143641-f0251eb4aa3e"
)

// Compare writes what changes for the module at root when a document replaces
// its committed one, and reports whether anything does. The module stays as it
// is: code is generated, compiled and tested in a copy.
func Compare(ctx context.Context, out io.Writer, root string, from, to *Document) (differs bool, err error) {
	_, _ = fmt.Fprintf(out, "App Store Connect API %s -> %s\n", from.Version, to.Version)
	section(out, "Corrections that no longer fit", strings.Join(to.Unfit, "\n"))
	section(out, "Operations that are gone", strings.Join(to.Gone, "\n"))
	was, now := unversioned(from.Root), unversioned(to.Root)
	changes := diff.Diff("ours", was, "Apple's, trimmed", now)
	if changes == nil {
		_, _ = io.WriteString(out, "\nThe trimmed documents are the same.\n")
		return to.Err() != nil, nil
	}
	section(out, "The trimmed documents", string(changes))
	if err := compareWithTools(ctx, out, root, was, now, to.YAML); err != nil {
		return true, fmt.Errorf("spec: %w", err)
	}
	return true, nil
}

// unversioned renders a document without what differs in every release of Apple's.
func unversioned(root map[string]any) []byte {
	root = copyOf(root)
	if info, ok := root["info"].(map[string]any); ok {
		info["version"] = "0"
		delete(info, "x-upstream-sha256")
	}
	text, _ := render(root) // what was decoded can be encoded
	return text
}

// compareWithTools adds what oasdiff, apidiff, the generator, the compiler and the tests say.
func compareWithTools(ctx context.Context, out io.Writer, root string, was, now, document []byte) error {
	temp, err := os.MkdirTemp("", "spec-diff-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(temp) }()
	module := filepath.Join(temp, "module")
	err = errors.Join(
		os.CopyFS(module, os.DirFS(root)),
		os.RemoveAll(filepath.Join(module, "bin")), // tests of the copy must not find Apple's old document there
		os.WriteFile(filepath.Join(module, CommittedDocument), document, 0o600),
		os.WriteFile(filepath.Join(temp, "ours.yaml"), was, 0o600),
		os.WriteFile(filepath.Join(temp, "apples.yaml"), now, 0o600),
	)
	if err != nil {
		return err
	}
	text, err := goCommand(ctx, temp, "run", oasdiff, "changelog", "ours.yaml", "apples.yaml")
	if err != nil {
		return err
	}
	section(out, "oasdiff changelog", text)
	if err := generate(ctx, out, module); err != nil {
		return ctx.Err()
	}
	before, after := filepath.Join(temp, "before"), filepath.Join(temp, "after")
	_, errBefore := goCommand(ctx, root, "run", apidiff, "-w", before, "./gen")
	_, errAfter := goCommand(ctx, module, "run", apidiff, "-w", after, "./gen")
	text, err = goCommand(ctx, temp, "run", apidiff, before, after)
	if err := errors.Join(errBefore, errAfter, err); err != nil {
		return err
	}
	section(out, "apidiff of gen", cmp.Or(text, "No exported name changes."))
	if text, err = goCommand(ctx, module, "build", "./..."); err != nil {
		section(out, "The module does not compile", text)
		return ctx.Err()
	}
	if text, err = goCommand(ctx, module, "test", "./..."); err != nil {
		section(out, "The module compiles, and its tests fail", text)
		return ctx.Err()
	}
	_, _ = io.WriteString(out, "\nThe module compiles and its tests pass.\n")
	return nil
}

// generate writes gen in the copy of the module. When an action of
// gen/overlay.yaml has lost its target, it says so and goes on without it.
func generate(ctx context.Context, out io.Writer, module string) error {
	config := filepath.Join(module, "gen", "config.yaml")
	text, err := goCommand(ctx, module, "generate", "./...")
	if err != nil {
		section(out, "The generator refuses the new document", text)
		strict, reading := os.ReadFile(config)
		lenient := bytes.Replace(strict, []byte("strict: true"), []byte("strict: false"), 1)
		if err := errors.Join(reading, os.WriteFile(config, lenient, 0o600)); err != nil {
			return err
		}
		if _, err := goCommand(ctx, module, "generate", "./..."); err != nil {
			return err
		}
	}
	if text, err = goCommand(ctx, module, "build", "./gen"); err != nil {
		section(out, "The generated code does not compile", text)
	}
	return err
}

// goCommand runs the go command in dir and returns what it prints.
func goCommand(ctx context.Context, dir string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "SPEC_DIFF_TEST=") // tests of a copy don't run Compare again
	text, err := command.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, text)
	}
	return string(text), err
}

func section(out io.Writer, title, text string) {
	if text = strings.TrimSpace(text); text != "" {
		_, _ = fmt.Fprintf(out, "\n%s\n\n%s\n", title, text)
	}
}
