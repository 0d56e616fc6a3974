package releasetest_test

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestReleasedExecutablesKnowTheirVersion(t *testing.T) {
	t.Parallel()
	r := newRepository(t, "release-version", map[string]string{
		"go.mod":  "module example.com/program\n\ngo 1.26\n",
		"main.go": "package main\n\nfunc main() {}\n",
	})
	r.git("tag", "v1.2.3")
	executable := filepath.Join(t.TempDir(), "program")
	build := func(flags ...string) {
		t.Helper()
		args := append(append([]string{"build", "-trimpath", "-ldflags=-s -w", "-o", executable}, flags...), ".")
		if out, err := r.run("go", args...); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
	}
	accepted := func(tag string) {
		t.Helper()
		if out, err := r.run("bash", ".ci/release-version", executable, tag); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
	refused := func(tag, why string) {
		t.Helper()
		if out, err := r.run("bash", ".ci/release-version", executable, tag); err == nil || !strings.Contains(out, why) {
			t.Errorf("got %q and %v, want it refused: %s", out, err, why)
		}
	}

	build()
	accepted("v1.2.3")
	refused("v1.2.4", "is v1.2.3, not v1.2.4")
	build("-buildvcs=false")
	refused("", "does not know its version")
	r.write("new.go", "package main\n")
	build()
	refused("", "+dirty: something is not committed")
	r.commit()
	build()
	accepted("")
	refused("v1.2.3", "not v1.2.3")
}
