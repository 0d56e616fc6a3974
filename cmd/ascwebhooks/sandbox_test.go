package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/ascmarketplace/webhooks/auth"
)

// startSandbox returns a sandbox, what it printed, and the environment of another shell.
func startSandbox(t *testing.T) (*process, sandboxDocument, []string) {
	t.Helper()
	p, document := sandboxAt(t)
	return p, document, []string{
		"ASC_BASE_URL=" + document.BaseURL, "ASC_KEY_ID=" + document.KeyID,
		"ASC_ISSUER_ID=" + document.IssuerID, "ASC_PRIVATE_KEY_PATH=" + document.KeyFile, "ASC_PRIVATE_KEY=",
	}
}

// TestSandbox is a session with two shells, the second of which has only what
// the first printed.
func TestSandbox(t *testing.T) {
	t.Parallel()
	sandbox, document, env := startSandbox(t)
	if info, err := os.Stat(document.KeyFile); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v, %v", info.Mode(), err)
	}
	code, token, _ := once(t, env, "token")
	if code != exitOK || strings.Count(token, "\n") != 1 {
		t.Fatalf("token: exit code %d, %d bytes", code, len(token))
	}
	bearer := "Bearer " + strings.TrimSpace(token)
	const webhooks = "/v1/marketplaceWebhooks"
	create := `{"data":{"type":"marketplaceWebhooks",` +
		`"attributes":{"endpointUrl":"https://marketplace.example/","secret":"canary"}}}`
	var created struct {
		Data struct{ ID string }
	}
	response := call(t, "POST", document.BaseURL+webhooks, bearer, create, http.StatusCreated)
	if err := json.Unmarshal(response, &created); err != nil {
		t.Fatal(err)
	}
	call(t, "POST", document.BaseURL+webhooks, bearer, create, http.StatusConflict)
	call(t, "GET", document.BaseURL+webhooks, bearer, "", http.StatusOK)
	update := `{"data":{"type":"marketplaceWebhooks","id":"` + created.Data.ID +
		`","attributes":{"endpointUrl":"https://marketplace.example/two"}}}`
	call(t, "PATCH", document.BaseURL+webhooks+"/"+created.Data.ID, bearer, update, http.StatusOK)
	if code, stdout, _ := once(t, env, "marketplace-webhooks", "get", "--output", "json"); code != exitOK ||
		stdout != `{"id":"`+created.Data.ID+`","endpoint_url":"https://marketplace.example/two"}`+"\n" {
		t.Errorf("get: exit code %d, %s", code, stdout)
	}
	call(t, "DELETE", document.BaseURL+webhooks+"/"+created.Data.ID, bearer, "", http.StatusNoContent)

	call(t, "GET", document.BaseURL+"/v1/webhooks", bearer, "", http.StatusForbidden)

	for name, token := range badTokens(t, document) {
		body := call(t, "GET", document.BaseURL+webhooks, token, "", http.StatusUnauthorized)
		if !strings.Contains(string(body), "NOT_AUTHORIZED") {
			t.Errorf("%s: responded %s", name, body)
		}
	}
	if line := sandbox.logged("status=401"); !strings.HasPrefix(line, "msg=asctest method=GET ") {
		t.Errorf("stderr: %s", line)
	}
	if code, rest := sandbox.end(os.Interrupt); code != exitOK || rest != "" {
		t.Errorf("after SIGINT: exit code %d, stdout %q", code, rest)
	}
	if _, err := os.Stat(filepath.Dir(document.KeyFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the key's folder is still there: %v", err)
	}
	if log := sandbox.stderr.String(); strings.Contains(log, "eyJ") || strings.Contains(log, "canary") {
		t.Error("the sandbox logged a token or a secret")
	}
}

// TestSandboxPings is a session with three shells: what the sandbox posts
// arrives at listen, and a delivery that failed is posted again.
func TestSandboxPings(t *testing.T) {
	t.Parallel()
	_, document, env := startSandbox(t)
	env = append(env, secretVariable+"=canary")
	listen := startBuilt(t, env, "listen", "--addr", "127.0.0.1:0")
	url := address(listen)
	webhooks := func(args ...string) string {
		t.Helper()
		code, stdout, stderr := inProcess(t, append([]string{"webhooks", "--base-url", document.BaseURL,
			"--key-id", document.KeyID, "--issuer-id", document.IssuerID, "--key-file", document.KeyFile}, args...)...)
		if code != exitOK {
			t.Fatalf("webhooks %v: exit code %d: %s", args, code, stderr)
		}
		return stdout
	}
	created := webhooks("ensure", "--app", document.AppID, "--secret-file", writeFile(t, "secret", "canary"),
		"--name", "n", "--event", "marketplace", "--endpoint-url", url, "--output", "json")
	var webhook webhookDocument
	if err := json.Unmarshal([]byte(created), &webhook); err != nil {
		t.Fatal(err)
	}
	webhooks("ping", webhook.ID)
	if line := listen.line(); !strings.Contains(line, " webhookPingCreated ") {
		t.Errorf("listen printed %q", line)
	}
	if code, _ := listen.end(os.Interrupt); code != exitOK {
		t.Errorf("listen: exit code %d", code)
	}
	webhooks("ping", webhook.ID)
	var failed string
	for failed == "" {
		failed = webhooks("deliveries", webhook.ID, "--state", "failed", "--output", "json")
	}
	var delivery deliveryDocument
	if err := json.Unmarshal([]byte(failed), &delivery); err != nil || !delivery.Ping || delivery.Error == "" {
		t.Fatalf("%v: %s", err, failed)
	}
	listen = startBuilt(t, env, "listen", "--addr", strings.TrimPrefix(url, "http://"))
	address(listen)
	webhooks("redeliver", delivery.ID)
	if line := listen.line(); !strings.Contains(line, delivery.EventID) {
		t.Errorf("listen printed %q", line)
	}
}

// badTokens returns Authorization headers that no App Store Connect takes.
func badTokens(t *testing.T, document sandboxDocument) map[string]string {
	t.Helper()
	key, err := auth.ReadKeyFile(document.KeyFile, document.KeyID, document.IssuerID)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(method jwt.SigningMethod, with any, audience string, lifetime time.Duration) string {
		now := time.Now()
		token := jwt.NewWithClaims(method, jwt.MapClaims{
			"iss": key.IssuerID, "aud": audience, "iat": now.Unix(), "exp": now.Add(lifetime).Unix(),
		})
		token.Header["kid"] = key.ID
		signed, err := token.SignedString(with)
		if err != nil {
			t.Fatal(err)
		}
		return "Bearer " + signed
	}
	const audience = "appstoreconnect-v1"
	// The same token with nothing wrong is taken, so each fails for its own reason.
	good := sign(jwt.SigningMethodES256, key.Signer, audience, 20*time.Minute)
	call(t, "GET", document.BaseURL+"/v1/marketplaceWebhooks", good, "", http.StatusOK)
	return map[string]string{
		"HS256":          sign(jwt.SigningMethodHS256, []byte("guessed"), audience, 10*time.Minute),
		"21 minutes":     sign(jwt.SigningMethodES256, key.Signer, audience, 21*time.Minute),
		"wrong audience": sign(jwt.SigningMethodES256, key.Signer, "appstoreconnect-v2", 10*time.Minute),
		"expired":        sign(jwt.SigningMethodES256, key.Signer, audience, -10*time.Minute),
		"none":           "",
	}
}

// call is what curl would do.
func call(t *testing.T, method, url, authorization, body string, want int) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer := readAll(t, response.Body)
	if response.StatusCode != want {
		t.Errorf("%s: status %d, want %d: %s", method, response.StatusCode, want, answer)
	}
	return answer
}

// TestSandboxExports pastes what the sandbox prints as text into a shell.
func TestSandboxExports(t *testing.T) {
	t.Parallel()
	p := startBuilt(t, []string{"TMPDIR=" + t.TempDir(), "ASC_PRIVATE_KEY=another"}, "sandbox")
	var lines string
	for range 7 {
		lines += p.line()
	}
	for _, name := range []string{"export ASC_BASE_URL='http://127.0.0.1:", "export ASC_KEY_ID=", "export ASC_ISSUER_ID=",
		"export ASC_PRIVATE_KEY_PATH=", "export ASC_APP_ID='6478000000'", "unset ASC_PRIVATE_KEY\n"} {
		if !strings.Contains(lines, name) {
			t.Errorf("no %q in %q", name, lines)
		}
	}
	const ensure = "ascwebhooks marketplace-webhooks ensure --endpoint-url https://marketplace.example/\n"
	out := shell(t, lines+ensure, "ASC_PRIVATE_KEY=another", "ASC_WEBHOOK_SECRET=s")
	if !strings.HasPrefix(out, "created\n") {
		t.Errorf("the other shell: %s", out)
	}
	if code, _ := p.end(syscall.SIGTERM); code != exitOK {
		t.Errorf("after SIGTERM: exit code %d", code)
	}
}

func TestShellQuote(t *testing.T) {
	values := []string{"plain/path-1", "with space", "it's", `$(touch x)`, "a;b"}
	script := `printf '%s\n'`
	for _, value := range values {
		script += " " + shellQuote(value)
	}
	if got, want := shell(t, script), strings.Join(values, "\n")+"\n"; got != want {
		t.Errorf("%q became %q", want, got)
	}
}
