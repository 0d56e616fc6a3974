// Package namespace runs tests in a network of their own, which leads nowhere else.
package namespace

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const variable = "TEST_IN_NAMESPACE"

// Enter is true inside of a network namespace that has only loopback and the addresses of hosts, which are known by
// their names. Outside of it runs the test again inside, takes over its result, and is false; where there are no
// rootless namespaces the test is skipped.
func Enter(t *testing.T, hosts map[string]string) bool {
	t.Helper()
	if os.Getenv(variable) == t.Name() {
		return true
	}
	probe := exec.CommandContext(t.Context(), "unshare", "-Urnm", "ip", "link", "set", "lo", "up")
	if out, err := probe.CombinedOutput(); err != nil {
		t.Skipf("there are no rootless namespaces here: unshare -Urnm ip link set lo up: %v %s", err, out)
	}
	script, file := "ip link set lo up", "127.0.0.1 localhost\n::1 localhost\n"
	for name, address := range hosts {
		script += " && ip addr add " + address + "/32 dev lo"
		file += address + " " + name + "\n"
	}
	path := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(path, []byte(file), 0o644); err != nil {
		t.Fatal(err)
	}
	script += ` && mount --bind "$0" /etc/hosts && exec "$@"`
	test, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"-Urnm", "sh", "-c", script, path, test, "-test.run", "^" + t.Name() + "$", "-test.v", "-test.count=1"}
	cmd := exec.CommandContext(t.Context(), "unshare", args...)
	cmd.Env = append(withoutProxies(), variable+"="+t.Name())
	out, err := cmd.CombinedOutput()
	t.Logf("in a namespace:\n%s", out)
	if err != nil {
		t.Error(err)
	}
	return false
}

func withoutProxies() []string {
	return slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return strings.HasSuffix(strings.ToLower(name), "_proxy")
	})
}
