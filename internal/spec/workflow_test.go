//go:build unix

package spec

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// repository is a copy of the module with a remote, and a gh that writes down its arguments.
type repository struct{ dir, tools string }

func newRepository(t *testing.T) repository {
	t.Helper()
	r := repository{dir: t.TempDir(), tools: t.TempDir()}
	if err := os.CopyFS(r.dir, os.DirFS("../..")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".git", "bin"} {
		if err := os.RemoveAll(filepath.Join(r.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(r.tools, "gh"), "#!/bin/sh\nprintf '%s\\n' \"$@\" >> \""+r.tools+"/calls\"\n")
	remote := t.TempDir()
	r.run(t, "git", "init", "-q", "--bare", remote)
	r.run(t, "git", "init", "-q")
	r.run(t, "git", "remote", "add", "origin", remote)
	r.run(t, "git", "add", "-A")
	r.run(t, "git", "commit", "-q", "-m", "before")
	return r
}

func (r repository) run(t *testing.T, name string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	command.Dir = r.dir
	command.Env = append(os.Environ(), "PATH="+r.tools+":"+os.Getenv("PATH"),
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
		"MAKEFLAGS=", "MAKELEVEL=")
	text, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, text)
	}
	return string(text)
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// upstream writes our document after an edit as if Apple had published it.
func (r repository) upstream(t *testing.T, edit func(root map[string]any)) string {
	t.Helper()
	root := committed(t).Root
	object(t, root, "info")["version"] = "5.0.0"
	edit(root)
	text, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(r.tools, "upstream.json")
	write(t, name, string(text))
	return name
}

// workflowTargets returns the make targets that the weekly workflow runs after it has fetched the document.
func workflowTargets(t *testing.T) (targets []string) {
	t.Helper()
	workflow, err := os.ReadFile("../../.github/workflows/apple-document.yml")
	if err != nil {
		t.Fatal(err)
	}
	step := regexp.MustCompile(`run: make (\S+) UPSTREAM=bin/app-store-connect.zip\n`)
	for _, match := range step.FindAllStringSubmatch(string(workflow), -1) {
		targets = append(targets, match[1])
	}
	if runs := bytes.Count(workflow, []byte("run: ")); runs != len(targets)+1 {
		t.Fatalf("the workflow has %d steps: make spec-fetch and what else than %q?", runs, targets)
	}
	return targets
}

// The corrections are made already in our document, so none of them fits it.
func TestWorkflowReportsOperationsThatAreGone(t *testing.T) {
	needTools(t)
	r := newRepository(t)
	upstream := r.upstream(t, func(root map[string]any) {
		for _, path := range []string{"/v1/marketplaceWebhooks", "/v1/marketplaceWebhooks/{id}"} {
			delete(object(t, root, "paths"), path)
		}
	})
	for _, target := range workflowTargets(t) {
		r.run(t, "make", target, "UPSTREAM="+upstream)
	}
	report := r.file(t, "bin/spec-report.txt")
	inOrder(t, report, "App Store Connect API 4.4.1 -> 5.0.0\n", "\nCorrections that no longer fit\n",
		"\nOperations that are gone\n\nmarketplaceWebhooks_createInstance\nmarketplaceWebhooks_deleteInstance\n"+
			"marketplaceWebhooks_getCollection\nmarketplaceWebhooks_updateInstance\n",
		"\nThe trimmed documents\n", "\n-  /v1/marketplaceWebhooks:\n", "\noasdiff changelog\n", "GET /v1/marketplaceWebhooks\n",
		"\nThe generator refuses the new document\n", "MarketplaceWebhookResponse", "\napidiff of gen\n",
		"- NewMarketplaceWebhooksGetCollectionRequest: removed\n", "\nThe module does not compile\n", "marketplace_webhooks.go",
		"nothing written: Apple's document lacks marketplaceWebhooks_createInstance, ") // from make spec
	for _, line := range storyReport(t) {
		if line != "..." && !strings.Contains(report, line) {
			t.Errorf("the documentation shows a line that is not in the report: %s", line)
		}
	}
	if changed := r.run(t, "git", "diff", "--stat", "HEAD~"); changed != "" {
		t.Errorf("the pull request changes files: %s", changed)
	}
	inOrder(t, r.file(t, "bin/spec-pull-request.md"), "docs/when-apple-changes-the-document.md", report)
	if again := r.run(t, "make", "spec-pull-request", "UPSTREAM="+upstream); !strings.Contains(again, "already proposed") {
		t.Errorf("the second time: %s", again)
	}
	calls := strings.Split(readFile(t, r.tools+"/calls"), "\n")
	want := "pr create --head " + strings.TrimSpace(r.run(t, "git", "branch", "--show-current")) +
		" --title App Store Connect API 4.4.1 -> 5.0.0 --body-file bin/spec-pull-request.md "
	if got := strings.Join(calls, " "); got != want {
		t.Errorf("gh %s\nwant %s", got, want)
	}
}

func (r repository) file(t *testing.T, name string) string {
	t.Helper()
	return readFile(t, filepath.Join(r.dir, name))
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// storyReport returns the lines of the report that the documentation shows.
func storyReport(t *testing.T) []string {
	t.Helper()
	_, story, ok := strings.Cut(readFile(t, "../../docs/when-apple-changes-the-document.md"), "\n```text\n")
	report, _, closed := strings.Cut(story, "\n```\n")
	if !ok || !closed {
		t.Fatal("the documentation shows no report")
	}
	return strings.Split(report, "\n")
}

// The report is there already: it takes a run of all tests to write one of a change that fits.
func TestWorkflowProposesTheRegeneratedCode(t *testing.T) {
	needTools(t)
	r := newRepository(t)
	upstream := r.upstream(t, func(root map[string]any) {
		paging := object(t, schemaOf(t, root, "PagingInformation"), "properties", "paging", "properties")
		paging["rest"] = map[string]any{"type": "integer"}
	})
	write(t, filepath.Join(r.dir, "openapi/overlay.yaml"), "overlay: 1.0.0\nx-speakeasy-jsonpath: rfc9535\n"+
		"info: {title: t, version: '1'}\nactions:\n"+
		"- {description: d, target: $.components.schemas.PagingInformation, update: {minProperties: 1}}\n")
	targets := workflowTargets(t)[1:]
	for _, target := range targets {
		r.run(t, "make", target, "UPSTREAM="+upstream) // without a report, nothing happens
	}
	if changed := r.run(t, "git", "status", "--porcelain"); changed != " M openapi/overlay.yaml\n" {
		t.Fatalf("changed without a report: %s", changed)
	}
	if err := os.MkdirAll(filepath.Join(r.dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(r.dir, "bin/spec-report.txt"), "the report\n")
	for _, target := range targets {
		r.run(t, "make", target, "UPSTREAM="+upstream)
	}
	branch := strings.TrimSpace(r.run(t, "git", "branch", "--show-current"))
	proposed := r.run(t, "git", "show", "--format=%s", "origin/"+branch)
	inOrder(t, proposed, "the report\n", "b/gen/gen.go\n", "Rest", "b/openapi/app-store-connect.yaml\n", "rest:\n")
}
