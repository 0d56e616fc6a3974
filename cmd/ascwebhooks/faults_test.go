package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
)

// TestFaults lets each kind of fault happen to a create, which is not tried
// again, and to a get, which is. Whatever happens is told in one line.
func TestFaults(t *testing.T) {
	for _, kind := range asctest.FaultKinds() {
		t.Run("kind "+string(kind), func(t *testing.T) {
			t.Parallel()
			server := asctest.NewServer(t)
			key := server.Key()
			keyFile, secretFile := filepath.Join(t.TempDir(), "key.p8"), writeFile(t, "secret", "canary\n")
			if err := os.WriteFile(keyFile, key.PEM(), 0o600); err != nil {
				t.Fatal(err)
			}
			flags := []string{"--base-url", server.URL, "--key-id", key.ID, "--issuer-id", key.IssuerID, "--key-file", keyFile}

			server.FailNext(asctest.Fault{Kind: kind, Applied: true})
			create := []string{"marketplace-webhooks", "create", "--endpoint-url", "https://marketplace.example/"}
			code, stdout, stderr := inProcess(t, slices.Concat(create, []string{"--secret-file", secretFile}, flags)...)
			late := kind == asctest.FaultLate || kind == asctest.FaultLateBody
			if late && code != exitOK || !late && (code != exitFailed || stdout != "" || strings.Count(stderr, "\n") != 1) {
				t.Errorf("create: exit code %d, stdout %q, stderr %q", code, stdout, stderr)
			}
			const look = "Look with 'ascwebhooks marketplace-webhooks get'"
			refused := kind == asctest.FaultAssociatedErrors || kind == asctest.FaultSeeLink
			if !late && !refused && kind != asctest.FaultRedirect && !strings.Contains(stderr, look) {
				t.Errorf("create does not say to look: %q", stderr)
			}
			if strings.Contains(stdout+stderr, "canary") || strings.Contains(stdout+stderr, "eyJ") {
				t.Errorf("create shows a secret or a token: %q %q", stdout, stderr)
			}

			server.FailNext(asctest.Fault{Kind: kind})
			code, stdout, stderr = inProcess(t, append([]string{"marketplace-webhooks", "get", "--output", "json"}, flags...)...)
			if kind == asctest.FaultRedirect {
				if code != exitFailed || !strings.Contains(stderr, "--base-url") {
					t.Errorf("get: exit code %d, stderr %q", code, stderr)
				}
			} else if refused != (code == exitFailed) {
				t.Errorf("get: exit code %d, stderr %q", code, stderr)
			} else if !refused && (code != exitOK || !strings.Contains(stdout, "https://marketplace.example/") || stderr != "") {
				t.Errorf("get: exit code %d, stdout %q, stderr %q", code, stdout, stderr)
			}
		})
	}
}
