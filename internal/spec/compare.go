package spec

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// CommittedDocument is where our document lies in the module.
const CommittedDocument = "openapi/app-store-connect.yaml"

// Compare reports what taking over a document would change, for the module at
// root. It works on copies and needs the go command, which fetches pinned tools
// through the module proxy when they are not there yet.
func Compare(ctx context.Context, root string, from, to *Document) (*Report, error) {
	report := &Report{From: from.Version, To: to.Version, Changes: changes(from, to)}
	if len(report.Changes) == 0 {
		return report, nil
	}
	temp, err := os.MkdirTemp("", "spec-diff-")
	if err != nil {
		return nil, fmt.Errorf("spec: %w", err)
	}
	defer func() { _ = os.RemoveAll(temp) }()
	if err := report.compare(ctx, root, temp, from, to); err != nil {
		return nil, fmt.Errorf("spec: %w", err)
	}
	return report, nil
}

func (r *Report) compare(ctx context.Context, root, temp string, from, to *Document) error {
	verdicts, err := askOasdiff(ctx, temp, from, to)
	if err != nil {
		return err
	}
	r.Changes = byGroup(judge(r.Changes, verdicts, from, to))

	before, after := filepath.Join(temp, "before"), filepath.Join(temp, "after")
	if err := generated(ctx, root, before, before+".api", from); err != nil {
		return err
	}
	if err := generated(ctx, root, after, after+".api", to); err != nil {
		return err
	}
	output, err := goCommand(ctx, temp, "run", apidiff, before+".api", after+".api")
	if err != nil {
		return err
	}
	r.Names = nameChanges(output)
	r.Build = compiles(ctx, after)
	return nil
}

func askOasdiff(ctx context.Context, temp string, from, to *Document) ([]verdict, error) {
	for name, document := range map[string]*Document{"from.yaml": from, "to.yaml": to} {
		if err := os.WriteFile(filepath.Join(temp, name), document.YAML, 0o600); err != nil {
			return nil, err
		}
	}
	changelog, err := goCommand(ctx, temp, "run", oasdiff, "changelog", "from.yaml", "to.yaml",
		"--format", "json", "--level", "WARN", "--allow-external-refs=false")
	if err != nil {
		return nil, err
	}
	return breaking(changelog)
}
