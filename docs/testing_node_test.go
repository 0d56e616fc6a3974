package docs_test

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/sandbox"
)

// TestNodeService runs the 20 tests of a service in Node against the control API.
func TestNodeService(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no node")
	}
	box, err := sandbox.New(asctest.WithApp("6478000000"))
	if err != nil {
		t.Fatal(err)
	}
	fake, control := httptest.NewServer(box.AppStoreConnect), httptest.NewServer(box)
	defer fake.Close()
	defer control.Close()
	defer func() { _ = box.Fake.Close() }()
	key := box.Fake.Key()
	tests := exec.CommandContext(t.Context(), node, "--test", "--test-reporter=tap", "service.test.mjs")
	tests.Dir = "testdata"
	tests.Env = append(os.Environ(), "ASC_CONTROL_URL="+control.URL, "ASC_BASE_URL="+fake.URL, "ASC_KEY_ID="+key.ID,
		"ASC_ISSUER_ID="+key.IssuerID, "ASC_PRIVATE_KEY="+string(key.PEM()), "ASC_APP_ID=6478000000", "no_proxy=127.0.0.1")
	out, err := tests.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "# pass 20\n") {
		t.Errorf("%v\n%s", err, out)
	}
}
