package spec

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const apidiff = "golang.org/x/exp/cmd/apidiff@v0.0.0-20261014143641-f0251eb4aa3e"

// output runs a command and returns its standard output.
func output(command *exec.Cmd) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s%s", strings.Join(command.Args, " "), err, &stdout, &stderr)
	}
	return stdout.Bytes(), nil
}

// goCommand runs the go command in dir and returns its standard output.
func goCommand(ctx context.Context, dir string, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = dir
	return output(command)
}

// goChanges generates gen from both documents, beside the module at root, and
// tells which exported names change and whether the module still compiles.
func goChanges(ctx context.Context, root, temp string, from, to *Document) ([]Change, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	before, err := generate(ctx, root, filepath.Join(temp, "before"), from)
	if err != nil {
		return []Change{failure("no names to compare: the generator does not take the old document", err)}, nil
	}
	after, err := generate(ctx, root, filepath.Join(temp, "after"), to)
	if err != nil {
		return []Change{failure("the generator does not take the new document", err)}, nil
	}
	text, err := goCommand(ctx, temp, "run", apidiff, before, after)
	if err != nil {
		return nil, err
	}
	changes := nameChanges(text)
	if err := compile(ctx, root, temp); err != nil {
		return append(changes, failure("does not compile with the new gen", err)), nil
	}
	return append(changes, Change{Text: "compiles with the new gen"}), nil
}

// generate makes a module in dir with nothing but gen, and returns the file
// that apidiff has written its exported names to.
func generate(ctx context.Context, root, dir string, document *Document) (string, error) {
	gen, names := filepath.Join(dir, "gen"), filepath.Join(dir, "names")
	if err := os.MkdirAll(gen, 0o755); err != nil {
		return "", err
	}
	files := map[string][]byte{"openapi.yaml": document.YAML}
	for _, name := range []string{"go.mod", "go.sum", "gen/config.yaml"} {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return "", err
		}
		files[name] = bytes.Replace(data, []byte("output: gen/gen.go"), []byte("output: "+filepath.Join(gen, "gen.go")), 1)
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return "", err
		}
	}
	_, err := goCommand(ctx, root, "run", "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen",
		"-config", filepath.Join(gen, "config.yaml"), filepath.Join(dir, "openapi.yaml"))
	if err != nil {
		return "", err
	}
	_, err = goCommand(ctx, dir, "run", apidiff, "-w", names, "./gen")
	return names, err
}

// compile builds the module with the new gen in the place of its own.
func compile(ctx context.Context, root, temp string) error {
	text, err := json.Marshal(map[string]any{"Replace": map[string]string{
		filepath.Join(root, "gen", "gen.go"): filepath.Join(temp, "after", "gen", "gen.go"),
	}})
	if err != nil {
		return err
	}
	overlay := filepath.Join(temp, "overlay.json")
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		return err
	}
	_, err = goCommand(ctx, root, "build", "-overlay", overlay, "./...")
	return err
}

func failure(text string, err error) Change {
	return Change{Text: text, Details: strings.Split(strings.TrimSpace(err.Error()), "\n"), Breaking: true}
}

// nameChanges parses apidiff's output.
func nameChanges(output []byte) []Change {
	var changes []Change
	breaking := false
	for line := range strings.Lines(string(output)) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "- "); ok {
			changes = append(changes, Change{Text: name, Breaking: breaking})
		} else if line != "" {
			breaking = strings.HasPrefix(line, "Incompatible")
		}
	}
	return changes
}
