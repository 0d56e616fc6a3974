package spec

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Tools are pinned here, outside go.mod.
const oasdiffVersion = "github.com/oasdiff/oasdiff@v1.35.0"

// severities overrides oasdiff: to drop an operation breaks importers, deprecated before or not.
const severities = "api-removed-with-deprecation err\napi-path-removed-with-deprecation err\n"

// oasdiff is the tool, installed in a directory that also holds what it compares.
type oasdiff struct{ dir string }

func installOasdiff(ctx context.Context, dir string) (oasdiff, error) {
	if err := os.WriteFile(filepath.Join(dir, "severities"), []byte(severities), 0o600); err != nil {
		return oasdiff{}, err
	}
	command := exec.CommandContext(ctx, "go", "install", oasdiffVersion)
	command.Env = append(os.Environ(), "GOBIN="+dir)
	_, err := output(command)
	return oasdiff{dir}, err
}

func (o oasdiff) run(ctx context.Context, command string, from, to map[string]any, flags ...string) ([]byte, error) {
	for name, root := range map[string]map[string]any{"from.yaml": from, "to.yaml": to} {
		text, err := render(root)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(o.dir, name), text, 0o600); err != nil {
			return nil, err
		}
	}
	args := append([]string{command, "from.yaml", "to.yaml", "--allow-external-refs=false"}, flags...)
	tool := exec.CommandContext(ctx, filepath.Join(o.dir, "oasdiff"), args...)
	tool.Dir = o.dir
	return output(tool)
}

// changelog returns what oasdiff says of the changes between two documents. Its
// errors and warnings are breaking. It says the same once for each operation;
// here that is one change with many places.
func (o oasdiff) changelog(ctx context.Context, from, to map[string]any) ([]Change, error) {
	text, err := o.run(ctx, "changelog", from, to, "--format", "json", "--severity-levels", "severities")
	if err != nil {
		return nil, err
	}
	var findings []struct {
		Text, Operation, Path string
		Level                 int // 1 info, 2 warning, 3 error
	}
	if err := json.Unmarshal(text, &findings); err != nil {
		return nil, fmt.Errorf("oasdiff's changelog: %w", err)
	}
	var changes []Change
	for _, finding := range findings {
		change := Change{Text: finding.Text, Breaking: finding.Level > 1}
		i := slices.IndexFunc(changes, func(c Change) bool { return c.Text == change.Text && c.Breaking == change.Breaking })
		if i < 0 {
			i, changes = len(changes), append(changes, change)
		}
		if place := strings.TrimSpace(finding.Operation + " " + finding.Path); place != "" && !slices.Contains(changes[i].Details, place) {
			changes[i].Details = append(changes[i].Details, place)
		}
	}
	return changes, nil
}

// silences lists the differences that oasdiff's changelog does not name, with
// what oasdiff diff prints of each: such as servers, style, explode, or a
// required name that no property declares. It tries every difference alone,
// made in the old document and taken back in the new one.
func (o oasdiff) silences(ctx context.Context, from, to map[string]any) ([]Change, error) {
	from, to = withComponents(from, to), withComponents(to, from)
	var silent []Change
	for _, d := range differences(from, to, nil, nil) {
		changed := d.inOld.applied(from)
		named, err := o.changelog(ctx, from, changed)
		if err == nil && named == nil {
			named, err = o.changelog(ctx, d.inNew.applied(to), to)
		}
		if err != nil {
			return nil, err
		}
		if named != nil {
			continue
		}
		if d.inOld.keys[len(d.inOld.keys)-1] == "deprecated" {
			silent = append(silent, Change{Text: d.text}) // a schema's, which harms nobody
			continue
		}
		text, err := o.run(ctx, "diff", from, changed)
		if err != nil {
			return nil, err
		}
		silent = append(silent, Change{Text: d.text, Details: shortened(text), Breaking: true})
	}
	return silent, nil
}

// withComponents returns a copy of root with the components that only other
// has. Nothing refers to them, and a difference that does can be made alone.
func withComponents(root, other map[string]any) map[string]any {
	root = copyOf(root)
	mine, _ := root["components"].(map[string]any)
	theirs, _ := other["components"].(map[string]any)
	for section, components := range theirs {
		if mine[section] == nil {
			mine[section] = map[string]any{}
		}
		for name, component := range components.(map[string]any) {
			if _, ok := mine[section].(map[string]any)[name]; !ok {
				mine[section].(map[string]any)[name] = component
			}
		}
	}
	return root
}

// shortened returns the first lines of what oasdiff diff prints. The same is
// told again under endpoints, and for each component.
func shortened(text []byte) []string {
	const most = 20
	paths, _, _ := strings.Cut(string(text), "\nendpoints:\n")
	lines := strings.Split(strings.TrimSpace(paths), "\n")
	if more := len(lines) - most; more > 1 {
		lines = append(lines[:most], fmt.Sprintf("... and %d lines more", more))
	}
	return lines
}
