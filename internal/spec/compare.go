package spec

import (
	"context"
	"fmt"
	"os"
	"reflect"
)

// CommittedDocument is where our document lies in the module.
const CommittedDocument = "openapi/app-store-connect.yaml"

// Compare reports what taking over a document would change, for the module at
// root. It works on copies and needs the go command, which fetches pinned tools
// through the module proxy when they are not there yet.
func Compare(ctx context.Context, root string, from, to *Document) (*Report, error) {
	report := &Report{From: from.Version, To: to.Version}
	was, now := unversioned(from.Root), unversioned(to.Root)
	if reflect.DeepEqual(was, now) {
		return report, nil
	}
	temp, err := os.MkdirTemp("", "spec-diff-")
	if err != nil {
		return nil, fmt.Errorf("spec: %w", err)
	}
	defer func() { _ = os.RemoveAll(temp) }()
	tool, err := installOasdiff(ctx, temp)
	if err == nil {
		err = report.compare(ctx, tool, was, now)
	}
	if err != nil {
		return nil, fmt.Errorf("spec: %w", err)
	}
	if report.Go, err = goChanges(ctx, root, temp, from, to); err != nil {
		return nil, fmt.Errorf("spec: %w", err)
	}
	return report, nil
}

func (r *Report) compare(ctx context.Context, tool oasdiff, was, now map[string]any) (err error) {
	if r.Changes, err = tool.changelog(ctx, was, now); err != nil {
		return err
	}
	if r.Silent, err = tool.silences(ctx, was, now); err != nil {
		return err
	}
	if r.Changes == nil && r.Silent == nil {
		r.Silent = []Change{{Text: "components that no operation uses", Breaking: true}}
	}
	return nil
}

// unversioned returns a copy without what differs in every release of Apple's.
func unversioned(root map[string]any) map[string]any {
	root = copyOf(root)
	if info, ok := root["info"].(map[string]any); ok {
		info["version"] = "0"
		delete(info, "x-upstream-sha256")
	}
	return root
}
