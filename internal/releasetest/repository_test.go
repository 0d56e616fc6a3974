// Package releasetest runs the scripts that decide about a release, in small repositories of its own.
package releasetest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

// repository is a git repository in a temporary folder, with one of our scripts in its .ci.
type repository struct {
	t      *testing.T
	folder string
	env    []string
}

// newRepository commits files, by name.
func newRepository(t *testing.T, script string, files map[string]string) *repository {
	t.Helper()
	for _, tool := range []string{"bash", "git"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	r := &repository{t: t, folder: t.TempDir(), env: append(os.Environ(),
		"GOFLAGS=-buildvcs=true", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com",
		"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")}
	r.git("init", "-q")
	source, err := os.ReadFile(filepath.Join(root, ".ci", script))
	if err != nil {
		t.Fatal(err)
	}
	r.write(filepath.Join(".ci", script), string(source))
	for name, content := range files {
		r.write(name, content)
	}
	r.commit()
	return r
}

func (r *repository) write(name, content string) {
	r.t.Helper()
	path := filepath.Join(r.folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

func (r *repository) commit() {
	r.t.Helper()
	r.git("add", "-A")
	r.git("commit", "-q", "-m", "files")
}

func (r *repository) git(args ...string) {
	r.t.Helper()
	if out, err := r.run("git", args...); err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// run returns what a command printed, on both streams.
func (r *repository) run(name string, args ...string) (string, error) {
	cmd := exec.CommandContext(r.t.Context(), name, args...)
	cmd.Dir = r.folder
	cmd.Env = r.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}
