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

// TestPythonService runs the tests of a service in Python against the control API.
func TestPythonService(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	box, err := sandbox.New(asctest.WithApp("6478000000"))
	if err != nil {
		t.Fatal(err)
	}
	control := httptest.NewServer(box)
	defer control.Close()
	defer func() { _ = box.Fake.Close() }()
	tests := exec.CommandContext(t.Context(), python, "-B", "-m", "unittest", "service_test")
	tests.Dir = "testdata"
	tests.Env = append(os.Environ(), "ASC_CONTROL_URL="+control.URL, "no_proxy=127.0.0.1")
	out, err := tests.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Ran 6 tests") {
		t.Errorf("%v\n%s", err, out)
	}
}
