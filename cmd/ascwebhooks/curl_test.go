package main

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/internal/sample"
)

// TestCurl runs testdata/curl.sh, which has curl and what sandbox and listen
// printed, and nothing of ours but a token.
func TestCurl(t *testing.T) {
	t.Parallel()
	help, err := exec.CommandContext(t.Context(), "curl", "--help", "all").Output()
	if err != nil || !strings.Contains(string(help), "--json") {
		t.Skipf("no curl with --json, which came with 7.82: %v", err)
	}
	_, document, env := startSandbox(t)
	listen := startBuilt(t, []string{secretVariable + "=canary"}, "listen", "--addr", "127.0.0.1:0")
	got := shell(t, "sh testdata/curl.sh", append(env, "SECRET=canary", "SERVICE_URL="+address(listen),
		"ASC_CONTROL_URL="+document.ControlURL, "ASC_APP_ID="+document.AppID)...)
	want, err := os.ReadFile("testdata/curl.txt")
	if err != nil {
		t.Fatal(err)
	}
	types := sample.Types()
	expected := strings.NewReplacer("EACH-TYPE", strings.Join(types, " 200\n"),
		"TYPES-AND-FORGERY", strconv.Itoa(len(types)+1)).Replace(string(want))
	if got != expected {
		t.Errorf("printed\n%swant\n%s", got, expected)
	}
	if line := listen.line(); !strings.Contains(line, " AlternativeDistributionPackageVersionAvailable ") {
		t.Errorf("listen printed %q", line)
	}
}
