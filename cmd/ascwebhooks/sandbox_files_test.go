package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/internal/sample"
)

// sandboxAt starts a sandbox whose temporary folder is its own. With the race
// detector it takes most of a second, so two tests have that: TestSandboxOverTLS
// and TestSandboxEndsSoon.
func sandboxAt(t *testing.T, args ...string) (*process, sandboxDocument) {
	t.Helper()
	return sandboxBy(t, startBuilt, args...)
}

// starter is start or startBuilt.
type starter func(t *testing.T, env []string, args ...string) *process

func sandboxBy(t *testing.T, start starter, args ...string) (*process, sandboxDocument) {
	t.Helper()
	p := start(t, []string{"TMPDIR=" + t.TempDir()}, append([]string{"sandbox", "--output", "json"}, args...)...)
	var d sandboxDocument
	if err := json.Unmarshal([]byte(p.line()), &d); err != nil {
		t.Fatal(err)
	}
	return p, d
}

func (d sandboxDocument) authorization(t *testing.T) string {
	t.Helper()
	private, err := auth.ParsePrivateKey([]byte(d.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := auth.NewTokenSource(auth.Key{ID: d.KeyID, IssuerID: d.IssuerID, Signer: private})
	if err != nil {
		t.Fatal(err)
	}
	token, err := tokens.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return "Bearer " + token
}

// TestSandboxStartsAsItEnded: key, IDs and all that is registered are the same after a restart.
func TestSandboxStartsAsItEnded(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	key := filepath.Join(folder, "AuthKey_ABC123DEFG.p8")
	args := []string{"--key-file", key, "--state", filepath.Join(folder, "state.json")}
	for _, part := range []string{key + ".new", key + ".new.part"} { // of one that was killed
		if err := os.WriteFile(part, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const create = `{"data":{"type":"marketplaceWebhooks","attributes":{"endpointUrl":"https://marketplace.example/","secret":"canary-5ecret"}}}`
	p, first := sandboxAt(t, args...)
	token := first.authorization(t)
	created := call(t, "POST", first.BaseURL+"/v1/marketplaceWebhooks", token, create, http.StatusCreated)
	call(t, "PATCH", first.ControlURL+"/state", "", `{"settings":{"second_create_status":422,"second_create_code":"X"}}`, http.StatusOK)
	if code, _ := p.end(syscall.SIGTERM); code != exitOK {
		t.Errorf("exit code %d: %s", code, p.stderr.String())
	}
	if strings.Contains(p.stderr.String(), "canary") {
		t.Error("the sandbox logged a secret")
	}
	for _, name := range []string{"AuthKey_ABC123DEFG.p8", "state.json"} {
		if info, err := os.Stat(filepath.Join(folder, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if names, _ := os.ReadDir(folder); len(names) != 2 {
		t.Errorf("left behind: %v", names)
	}
	_, second := sandboxAt(t, args...)
	if second.KeyID != "ABC123DEFG" || second.PrivateKey != first.PrivateKey || second.IssuerID != first.IssuerID ||
		second.AppID != first.AppID || second.PackageVersionID != first.PackageVersionID {
		t.Errorf("at first %+v, then %+v", first, second)
	}
	var webhook struct{ Data struct{ ID string } }
	_ = json.Unmarshal(created, &webhook)
	list := call(t, "GET", second.BaseURL+"/v1/marketplaceWebhooks", token, "", http.StatusOK) // with the old token
	if !strings.Contains(string(list), webhook.Data.ID) {
		t.Errorf("the webhook is gone: %s", list)
	}
	call(t, "POST", second.BaseURL+"/v1/marketplaceWebhooks", token, create, http.StatusUnprocessableEntity)
}

// TestSandboxKilledKeepsItsState: what was registered a moment before is there, and a part that was left is no hindrance.
func TestSandboxKilledKeepsItsState(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "state.json")
	if err := os.WriteFile(state+".part", []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, first := sandboxAt(t, "--state", state)
	call(t, "PATCH", first.ControlURL+"/state", "", `{"apps":["7"]}`, http.StatusOK)
	for {
		if data, _ := os.ReadFile(state); strings.Contains(string(data), `"7"`) {
			break
		}
	}
	p.end(syscall.SIGKILL)
	if _, second := sandboxAt(t, "--state", state); second.AppID != "7" {
		t.Errorf("after a kill: %+v", second)
	}
}

func TestSandboxIsSeeded(t *testing.T) {
	t.Parallel()
	seed := writeFile(t, "seed.json", `{"apps":["42"],"webhooks":[{"app_id":"42","url":"https://a.example","secret":"s"}],
		"package_versions":[{"id":"v","content":"AA=="}],"settings":{"rate_limit":7}}`)
	_, d := sandboxAt(t, "--seed", seed, "--key-id", "MYKEY", "--issuer-id", "57246542-96fe-1a63-e053-0824d011072a")
	if d.AppID != "42" || d.PackageVersionID != "v" || d.KeyID != "MYKEY" || !strings.HasPrefix(d.IssuerID, "57246542") {
		t.Errorf("printed %+v", d)
	}
	call(t, "PUT", d.ControlURL+"/state", "", `{}`, http.StatusOK)
	call(t, "POST", d.ControlURL+"/reset", "", "", http.StatusNoContent)
	got := string(call(t, "GET", d.ControlURL+"/state", "", "", http.StatusOK))
	if !strings.Contains(got, `"rate_limit":7`) || !strings.Contains(got, `"apps":["42"]`) {
		t.Errorf("after a reset: %s", got)
	}
}

// used is an address that somebody else listens on.
func used(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String()
}

func TestSandboxRefusesBadFiles(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	no := writeFile(t, "no.json", `{"webhooks":[{"app_id":"1","url":"https://a.example"}]}`)
	odd := writeFile(t, "odd.json", `{"apps":["a b"]}`)
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--key-file", writeFile(t, "key.p8", "my only copy")}, exitUsage, "--key-file: auth: "},
		{[]string{"--key-file", folder}, exitUsage, "--key-file: "},
		{[]string{"--key-file", filepath.Join(folder, "none", "key.p8")}, exitFailed, "--key-file: no such file"},
		{[]string{"--key-id", "a b"}, exitUsage, "--key-id"},
		{[]string{"--seed", no}, exitUsage, "--seed: webhooks[0].secret: is needed"},
		{[]string{"--seed", odd}, exitUsage, "--seed: apps[0]: must be an id"},
		{[]string{"--seed", filepath.Join(folder, "none")}, exitUsage, "none: no such file"},
		{[]string{"--state", no}, exitUsage, "--state: webhooks[0].secret: is needed"},
		{[]string{"--state", odd}, exitUsage, "--state: apps[0]: must be an id"},
		{[]string{"--state", filepath.Join(folder, "none", "state.json")}, exitFailed, "--state: no such file"},
		{[]string{"--env-file", filepath.Join(folder, "none", "env")}, exitFailed, "--env-file: no such file"},
		{[]string{"--ca-file", filepath.Join(folder, "ca.pem")}, exitUsage, "--ca-file requires --tls"},
		{[]string{"--tls", "--ca-file", filepath.Join(folder, "none", "ca.pem")}, exitFailed, "--ca-file: no such file"},
		{[]string{"--allow-host", "sandbox:8080"}, exitUsage, "--allow-host: "},
		{[]string{"--addr", used(t)}, exitFailed, "--addr: "},
		{[]string{"--control-addr", used(t)}, exitFailed, "--control-addr: "},
		{[]string{"--control-addr", "localhost"}, exitUsage, "--control-addr: "},
		{[]string{"--control-addr", ":0"}, exitUsage, "--control-addr: \":0\" is not on this machine"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second) // ends one that is not refused
		var stdout, stderr strings.Builder
		code := run(ctx, &system{stdout: &stdout, stderr: &stderr}, append([]string{"sandbox"}, test.args...))
		cancel()
		if code != test.code || stdout.String() != "" || !strings.Contains(stderr.String(), test.want) {
			t.Errorf("%v: exit code %d, stdout %q, stderr %q", test.args, code, stdout.String(), stderr.String())
		}
	}
	for _, file := range []string{no, odd} {
		if data, _ := os.ReadFile(file); !strings.HasPrefix(string(data), "{") {
			t.Errorf("%s was overwritten", file)
		}
	}
	if names, _ := os.ReadDir(folder); len(names) > 0 {
		t.Errorf("left behind: %v", names)
	}
}

// TestSandboxLeavesAKeyFileThatIsNoKey, byte for byte.
func TestSandboxLeavesAKeyFileThatIsNoKey(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "my only copy", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		path := writeFile(t, "key.p8", content)
		code, _, stderr := once(t, nil, "sandbox", "--key-file", path)
		if data, err := os.ReadFile(path); code != exitUsage || string(data) != content || err != nil || !strings.Contains(stderr, "left as it is") {
			t.Errorf("%q became %q: exit code %d, %s", content, data, code, stderr)
		}
	}
}

// TestAKeyThatSomebodyElseMadeMeanwhileStays.
func TestAKeyThatSomebodyElseMadeMeanwhileStays(t *testing.T) {
	t.Parallel()
	path := writeFile(t, "key.p8", "theirs")
	if err := createWhole(path, []byte("ours")); !os.IsExist(err) && !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v", err)
	}
	names, _ := os.ReadDir(filepath.Dir(path))
	if data, _ := os.ReadFile(path); string(data) != "theirs" || len(names) != 1 {
		t.Errorf("now %q, in %v", data, names)
	}
}

// TestPlainHTTPHost: the command calls one host without TLS if it is named, and without a proxy, which could read the
// token; and it registers endpoints on http there.
func TestPlainHTTPHost(t *testing.T) {
	t.Parallel()
	server := asctest.NewServer(t, asctest.WithApp(sample.MarketplaceAppID))
	base := strings.Replace(server.URL, "127.0.0.1", "0.0.0.0", 1) // is not loopback by name
	env := append(environment(t, server), secretVariable+"=canary", "ASC_BASE_URL="+base, "http_proxy=http://127.0.0.1:1", "no_proxy=")
	create := []string{"marketplace-webhooks", "create", "--endpoint-url", "http://service:3000/"}
	if code, _, stderr := once(t, env, create...); code != exitUsage || !strings.Contains(stderr, "base URL must be https") {
		t.Errorf("without it: exit code %d, %s", code, stderr)
	}
	if code, _, stderr := once(t, append(env, "ASC_PLAIN_HTTP_HOST=0.0.0.0"), create...); code != exitOK {
		t.Errorf("with it: exit code %d, %s", code, stderr)
	}
	if w, _ := server.MarketplaceWebhook(); w.EndpointURL != "http://service:3000/" {
		t.Errorf("registered %+v", w)
	}
	for want, args := range map[string][]string{
		"ok       token ":             {"doctor"},
		"confirmed  Two webhooks of ": {"doctor", "--probe", "--yes", "--app", sample.MarketplaceAppID, "--url", "http://service:3000/"},
	} {
		if _, stdout, stderr := once(t, append(env, "ASC_PLAIN_HTTP_HOST=0.0.0.0"), args...); !strings.Contains(stdout, want) || strings.Contains(stdout, "the proxy") {
			t.Errorf("%q: %s%s", args, stdout, stderr)
		}
	}
}

// TestSandboxEnvFile: a shell and the command read it, and so would docker's --env-file, which keeps the quotes.
func TestSandboxEnvFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sandbox.env")
	_, d := sandboxAt(t, "--env-file", path)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	out := shell(t, "set -a; . "+shellQuote(path)+"; ascwebhooks webhooks list\n")
	if strings.TrimSpace(out) != "" && !strings.Contains(out, "no webhooks") {
		t.Errorf("a shell: %s", out)
	}
	code, _, stderr := once(t, strings.Split(strings.TrimSpace(string(data)), "\n"), "webhooks", "list")
	if code != exitOK {
		t.Errorf("as docker passes it on: exit code %d, %s; of %s", code, stderr, d.BaseURL)
	}
}
