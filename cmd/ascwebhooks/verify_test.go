package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

// TestVerify says whether a body is genuine, and what happened to one that was.
func TestVerify(t *testing.T) {
	secret := writeFile(t, "secret.txt", "canary\n")
	const compact = `{"data":{"type":"AppUnavailable","id":"a, \"b: c","url":"x/y"}}`
	const spaced = `{"data": {"type": "AppUnavailable", "id": "a, \"b: c", "url": "x/y"}}`
	const indented = "{\n  \"data\": {\n    \"type\": \"AppUnavailable\",\n    \"id\": \"a, \\\"b: c\",\n    \"url\": \"x/y\"\n  }\n}"
	for name, test := range map[string]struct{ signed, saved, want string }{
		"as it was":        {compact, compact, "genuine\n"},
		"newline added":    {compact, compact + "\n", "before a newline at its end was added"},
		"CRLF added":       {compact, compact + "\r\n", "before a newline at its end was added"},
		"newline removed":  {compact + "\n", compact, "before a newline at its end was removed"},
		"CRLF":             {indented, strings.ReplaceAll(indented, "\n", "\r\n"), "before its newlines became CRLF"},
		"byte order mark":  {compact, "\ufeff" + compact, "before a byte order mark was added"},
		"indented":         {compact, indented, "before the JSON was parsed and written again"},
		"spaces removed":   {spaced, compact, "before the JSON was parsed and written again"},
		"indent removed":   {indented, compact, "before the JSON was parsed and written again"},
		"four removed":     {strings.ReplaceAll(indented, "  ", "    "), compact, "before the JSON was parsed and written again"},
		"tabs removed":     {strings.ReplaceAll(indented, "  ", "\t"), compact, "before the JSON was parsed and written again"},
		"newline, spaces":  {spaced + "\n", compact, "before the JSON was parsed and written again"},
		"slashes escaped":  {compact, strings.ReplaceAll(compact, "/", `\/`), "before the JSON was parsed and written again"},
		"slashes restored": {strings.ReplaceAll(compact, "/", `\/`), compact, "before the JSON was parsed and written again"},
		"another body":     {compact, "{}", "not genuine\n"},
		"not JSON":         {compact, "{", "not genuine\n"},
	} {
		signature := notification.Sign([]byte("canary"), []byte(test.signed))
		code, stdout, stderr := inProcess(t, "verify", writeFile(t, "body.json", test.saved), "--secret-file", secret, "--signature", signature)
		if (code == exitOK) != (test.want == "genuine\n") || !strings.Contains(stdout, test.want) || strings.Contains(stdout+stderr, "canary") {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", name, code, stdout, stderr)
		}
	}
	if code, _, stderr := inProcess(t, "verify", "body.json", "--secret-file", secret); code != exitUsage || !strings.Contains(stderr, "--signature is missing") {
		t.Errorf("without a signature: exit code %d, stderr %q", code, stderr)
	}
	code, _, stderr := inProcess(t, "verify", "-", "--secret-file", "-", "--signature", "x")
	if code != exitUsage || !strings.Contains(stderr, "cannot be both") {
		t.Errorf("one input for both: exit code %d, stderr %q", code, stderr)
	}
	_, stdout, _ := inProcess(t, "verify", writeFile(t, "body", compact+"\n"), "--secret-file", secret, "--output", "json",
		"--signature", notification.Sign([]byte("canary"), []byte(compact)))
	if stdout != `{"damage":"a newline at its end was added","genuine":false}`+"\n" {
		t.Errorf("as JSON: %q", stdout)
	}
	for size, want := range map[int]int{maxNotifyBody: exitOK, maxNotifyBody + 1: exitUsage} {
		body := strings.Repeat(" ", size)
		signature := notification.Sign([]byte("canary"), []byte(body))
		code, _, stderr := inProcess(t, "verify", writeFile(t, "body", body), "--secret-file", secret, "--signature", signature)
		if code != want || want == exitUsage && !strings.Contains(stderr, "over 1 MiB") {
			t.Errorf("%d bytes: exit code %d, want %d; stderr %q", size, code, want, stderr)
		}
	}
}

// TestHealthy exits with 0 for a server that is up, and with 1 for any other.
func TestHealthy(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if agent := r.UserAgent(); !strings.HasPrefix(agent, "ascwebhooks/") {
			t.Errorf("User-Agent %q", agent)
		}
		w.WriteHeader(status)
	}))
	for _, test := range []struct{ status, want int }{{200, exitOK}, {204, exitOK}, {302, exitFailed}, {503, exitFailed}} {
		status = test.status
		if code, _, stderr := inProcess(t, "healthy", server.URL); code != test.want {
			t.Errorf("%d: exit code %d, stderr %q", status, code, stderr)
		}
	}
	server.Close()
	code, _, stderr := inProcess(t, "healthy", server.URL+"/?canary")
	if code != exitFailed || !strings.Contains(stderr, "not healthy") || strings.Contains(stderr, "canary") {
		t.Errorf("down: exit code %d, stderr %q", code, stderr)
	}
	if code, _, _ := inProcess(t, "healthy", "nowhere"); code != exitUsage {
		t.Errorf("not a URL: exit code %d", code)
	}
}

// TestHealthyInTime waits for a response for five seconds.
func TestHealthyInTime(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(15 * time.Second):
		}
	}))
	defer server.Close()
	start := time.Now()
	code, _, stderr := inProcess(t, "healthy", server.URL)
	if took := time.Since(start); code != exitFailed || took < 4*time.Second || took > 15*time.Second {
		t.Errorf("exit code %d after %v, stderr %q", code, took, stderr)
	}
}
