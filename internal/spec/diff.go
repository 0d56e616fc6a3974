package spec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
)

// CommittedDocument is where our document lies in the module.
const CommittedDocument = "openapi/app-store-connect.yaml"

// Tools are pinned here, outside go.mod.
const (
	oasdiff = "github.com/oasdiff/oasdiff@v1.35.0"
	apidiff = "golang.org/x/exp/cmd/apidiff@v0.0.0-20261014143641-f0251eb4aa3e"
)

// Equal reports whether two documents differ in nothing but the API's version
// and the checksum of Apple's file.
func Equal(a, b *Document) bool {
	return reflect.DeepEqual(unversioned(a.Root), unversioned(b.Root))
}

// unversioned returns a copy without what differs in every release of Apple's.
func unversioned(root map[string]any) map[string]any {
	root = copyOf(root)
	if info, ok := root["info"].(map[string]any); ok {
		delete(info, "version")
		delete(info, "x-upstream-sha256")
	}
	return root
}

// Diff prints what taking over a document would change for the module at root,
// each tool in its own words: the text, the API, gen's exported names, and
// whether the module compiles and passes its tests. It works on a copy. An error
// means that a tool is missing or failed, not that something changes.
func Diff(ctx context.Context, out io.Writer, root string, from, to *Document) error {
	temp, err := os.MkdirTemp("", "spec-diff-")
	if err != nil {
		return fmt.Errorf("spec: %w", err)
	}
	defer func() { _ = os.RemoveAll(temp) }()
	d := differ{ctx: ctx, out: out, temp: temp, copy: filepath.Join(temp, "module")}
	err = errors.Join(d.write("from.yaml", from.YAML), d.write("to.yaml", to.YAML))
	if err == nil {
		err = d.documents()
	}
	if err == nil {
		err = d.module(root, to)
	}
	if err != nil {
		return fmt.Errorf("spec: %w", err)
	}
	return nil
}

// differ prints what tools say of two documents, which lie in temp, and of a
// copy of the module.
type differ struct {
	ctx        context.Context
	out        io.Writer
	temp, copy string
}

// documents compares the documents: as text, and by what changes for a client.
func (d *differ) documents() error {
	d.title("the trimmed document")
	err := d.run(d.temp, "git", "diff", "--no-index", "--no-color", "--", "from.yaml", "to.yaml")
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 1 {
		err = nil // git's word for different
	}
	if err != nil {
		return err
	}
	d.title("oasdiff changelog")
	return d.run(d.temp, "go", "run", oasdiff, "changelog", "from.yaml", "to.yaml",
		"--allow-external-refs=false", "--color", "never")
}

// module generates the code anew in a copy of the module, compares its names,
// and tries the copy.
func (d *differ) module(root string, to *Document) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	if err := os.CopyFS(d.copy, os.DirFS(root)); err != nil {
		return err
	}
	if err := WriteFile(filepath.Join(d.copy, CommittedDocument), to.YAML); err != nil {
		return err
	}
	d.title("go generate")
	if !d.passes("go", "generate", "./...") {
		return nil
	}
	before, after := filepath.Join(d.temp, "before"), filepath.Join(d.temp, "after")
	if err := d.run(root, "go", "run", apidiff, "-w", before, "./gen"); err != nil {
		return err
	}
	d.title("apidiff of gen")
	if !d.passes("go", "run", apidiff, "-w", after, "./gen") { // it does not compile
		return nil
	}
	if err := d.run(d.temp, "go", "run", apidiff, before, after); err != nil {
		return err
	}
	d.title("go build")
	if d.passes("go", "build", "./...") {
		d.title("go test")
		d.passes("go", "test", "./...")
	}
	return nil
}

// passes runs a command on the copy and prints whether it passed.
func (d *differ) passes(args ...string) bool {
	if err := d.run(d.copy, args...); err != nil {
		_, _ = fmt.Fprintf(d.out, "failed: %v\n", err)
		return false
	}
	_, _ = fmt.Fprintln(d.out, "passed")
	return true
}

// run prints what a command prints, and nothing else.
func (d *differ) run(dir string, args ...string) error {
	command := exec.CommandContext(d.ctx, args[0], args[1:]...)
	command.Dir = dir
	for _, variable := range os.Environ() { // the copy's tests must not compare once more
		if !strings.HasPrefix(variable, "SPEC_DIFF_TEST=") {
			command.Env = append(command.Env, variable)
		}
	}
	text, err := command.CombinedOutput()
	text = regexp.MustCompile(`(?m)^(ok  |\?   |go: downloading ).*\n`).ReplaceAll(text, nil) // all is well there
	_, printing := d.out.Write(text)
	if err != nil {
		err = fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	return errors.Join(err, printing)
}

func (d *differ) title(title string) { _, _ = fmt.Fprintf(d.out, "\n== %s\n", title) }

func (d *differ) write(name string, data []byte) error {
	return os.WriteFile(filepath.Join(d.temp, name), data, 0o600)
}
