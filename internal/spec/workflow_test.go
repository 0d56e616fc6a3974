package spec

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestDiffByTheWeeklyWorkflow runs its make targets on a local file: a report and
// new code where Apple has changed something, and nothing where not.
func TestDiffByTheWeeklyWorkflow(t *testing.T) {
	root := smallModule(t)
	for _, dir := range []string{"internal/spec", "internal/cmd/spec"} {
		files, _ := filepath.Glob("../../" + dir + "/*.go")
		for _, name := range files {
			if !strings.HasSuffix(name, "_test.go") {
				copyFile(t, root, dir+"/"+filepath.Base(name))
			}
		}
	}
	copyFile(t, root, "Makefile")
	copyFile(t, root, "openapi/kept.yaml")
	copyFile(t, root, "openapi/overlay.yaml")
	overlay := read(t, root, "openapi/overlay.yaml")
	first, _, _ := strings.Cut(overlay, "\n\n  # In the examples") // the server's URL
	put(t, root+"/openapi/overlay.yaml", first+"\n")

	// The committed document as if it were Apple's.
	document, _, err := Open("../../"+CommittedDocument, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	document.Root["servers"].([]any)[0].(map[string]any)["url"] = "https://api.appstoreconnect.apple.com/"
	paging := object(t, schemaOf(t, document.Root, "PagingInformation"), "properties", "paging", "properties")
	paging["another"] = map[string]any{"type": "string"}
	apples, err := json.Marshal(document.Root)
	if err != nil {
		t.Fatal(err)
	}
	put(t, root+"/upstream.json", string(apples))

	run := func(command string) {
		t.Helper()
		shell := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", command)
		shell.Dir, shell.Env = root, append(os.Environ(), "UPSTREAM=upstream.json")
		if out, err := shell.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
	}
	workflow := read(t, "../..", ".github/workflows/apple-document.yml")
	var steps []string
	for _, match := range regexp.MustCompile(`(?m)^      - run: (.*make .*)$`).FindAllStringSubmatch(workflow, -1) {
		steps = append(steps, match[1])
	}
	if want := []string{"make spec-fetch", "make spec-report", "test ! -f bin/spec-report.txt || make spec generate"}; !slices.Equal(steps, want) {
		t.Fatalf("the workflow runs %q, this test %q", steps, want)
	}
	for _, step := range steps[1:] {
		run(step)
	}
	if report := read(t, root, "bin/spec-report.txt"); !strings.Contains(report, "+            another:") {
		t.Errorf("the report is\n%s", report)
	}
	if !strings.Contains(read(t, root, "gen/gen.go"), "Another ") || !strings.Contains(read(t, root, CommittedDocument), "another:") {
		t.Error("document or code is as before")
	}
	for _, step := range steps[1:] {
		run(step)
	}
	if _, err := os.Stat(root + "/bin/spec-report.txt"); err == nil {
		t.Error("there is a report although nothing changes")
	}
}

func copyFile(t *testing.T, root, name string) {
	t.Helper()
	put(t, filepath.Join(root, name), read(t, "../..", name))
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
