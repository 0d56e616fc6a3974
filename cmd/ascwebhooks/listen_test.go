package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/ascmarketplace/webhooks/notification"
)

func readAll(t *testing.T, body io.Reader) []byte {
	t.Helper()
	content, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// shell runs a script with sh and returns its stdout.
func shell(t *testing.T, script string, env ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("sh: %v", err)
	}
	return string(out)
}

func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// address returns the URL that a listener says it has.
func address(p *process) string {
	return strings.TrimPrefix(p.logged("Listening "), "Listening until Ctrl-C on ")
}

// TestListen is a session with two shells: listen in one, notify in the other.
func TestListen(t *testing.T) {
	t.Parallel()
	newSecret, oldSecret := writeFile(t, "new", "canary-new\n"), writeFile(t, "old", "canary-old\n")
	p := start(t, nil, "listen", "--addr", "127.0.0.1:0", "--secret-file", newSecret, "--secret-file", oldSecret)
	url := address(p)
	notify := func(want int, args ...string) {
		t.Helper()
		if code, _, stderr := inProcess(t, append([]string{"notify", url}, args...)...); code != want {
			t.Errorf("notify %v: exit code %d: %s", args, code, stderr)
		}
	}
	notify(exitOK, "--secret-file", oldSecret, "--type", "AppUnavailable",
		"--field", "app_id=1", "--field", "marketplace_app_id=2", "--id", "first")
	if line := p.line(); !strings.HasSuffix(line, " AppUnavailable first marketplace_app_id=2 app_id=1 secret=2\n") {
		t.Errorf("printed %q", line)
	}
	notify(exitOK, "--secret-file", newSecret, "--type", "AppVersionUnavailable", "--field", "package_ids=3", "--field", "package_ids=4")
	line := p.line()
	if !strings.Contains(line, " AppVersionUnavailable ") || !strings.HasSuffix(line, " package_ids=3,4 secret=1\n") {
		t.Errorf("printed %q", line)
	}
	notify(exitOK, "--forge")
	p.logged(`status=401 reason="signature mismatch"`)
	notify(exitOK, "--secret-file", oldSecret, "--id", "first") // a duplicate, not printed
	notify(exitFailed, "--secret-file", newSecret, "--from", writeFile(t, "body", "not JSON"))
	p.logged("signed but malformed: 8 bytes")
	hostile := `{"data":{"type":"New\u001b[2J\nType","id":"2J","version":3}}`
	notify(exitOK, "--secret-file", newSecret, "--from", writeFile(t, "body", hostile))
	if line := p.line(); line != "(no time) New [2J Type 2J secret=1\n" {
		t.Errorf("printed %q", line)
	}
	if code, rest := p.end(os.Interrupt); code != exitOK || rest != "" {
		t.Errorf("after SIGINT: exit code %d, stdout %q", code, rest)
	}
	if strings.Contains(p.stderr.String(), "canary") {
		t.Error("stderr has a secret")
	}
}

// TestListenForward passes genuine notifications on as they came, prints them
// once they have been taken, and refuses forgeries itself.
func TestListenForward(t *testing.T) {
	t.Parallel()
	type passed struct{ body, signature string }
	var got []passed
	status := http.StatusBadGateway
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, passed{string(readAll(t, r.Body)), r.Header.Get(notification.SignatureHeader)})
		w.WriteHeader(status)
	}))
	defer service.Close()
	env := []string{secretVariable + "=canary"}
	p := start(t, env, "listen", "--addr", "127.0.0.1:0", "--output", "json", "--forward", service.URL+"/in")
	url := address(p)

	body := "{ \"data\":\n{\"type\":\"AppUnavailable\",\"id\":\"a<&\",\"extra\":1} }\n"
	signature := notification.Sign([]byte("canary"), []byte(body))
	send := func(want int) {
		t.Helper()
		if status, err := post(context.Background(), url, []byte(body), signature); err != nil || status != want {
			t.Errorf("responded %d, %v; want %d", status, err, want)
		}
	}
	send(http.StatusInternalServerError)
	p.logged("not handed over: AppUnavailable a<&: the receiver responded 502 Bad Gateway")
	status = http.StatusNoContent
	send(http.StatusOK)
	if line := p.line(); line != `{"data":{"type":"AppUnavailable","id":"a<&","extra":1}}`+"\n" {
		t.Errorf("printed %q", line)
	}
	signature = notification.Sign([]byte("forged"), []byte(body))
	send(http.StatusUnauthorized)
	body = "not JSON"
	signature = strings.ToUpper(notification.Sign([]byte("canary"), []byte(body)))
	signature = "hmacsha256=" + strings.TrimPrefix(signature, "HMACSHA256=")
	send(http.StatusOK) // the other server took it

	if code, rest := p.end(syscall.SIGTERM); code != exitOK || rest != "" {
		t.Errorf("after SIGTERM: exit code %d, stdout %q", code, rest)
	}
	if len(got) != 3 || got[0] != got[1] || got[0].body == "" || got[2] != (passed{body, signature}) {
		text, _ := json.Marshal(got)
		t.Errorf("passed on: %s", text)
	}
}

// TestPostFollowsNoRedirect: a notification goes where it was told to, or nowhere.
func TestPostFollowsNoRedirect(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("followed") }))
	defer elsewhere.Close()
	service := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer service.Close()
	status, err := post(t.Context(), service.URL, []byte("{}"), "signature")
	if err != nil || status != http.StatusTemporaryRedirect {
		t.Errorf("status %d, %v", status, err)
	}
}

// TestListenOn: an address says what is listened on, and the URL is one that
// this machine reaches.
func TestListenOn(t *testing.T) {
	const every = `port \d+ of every interface; on this machine http://127\.0\.0\.1:\d+`
	for addr, want := range map[string]string{
		"127.0.0.1:0": `http://127\.0\.0\.1:\d+`,
		"127.0.0.2:0": `http://127\.0\.0\.2:\d+`,
		"localhost:0": `http://127\.0\.0\.1:\d+`,
		":0":          every,
		"0.0.0.0:0":   every,
		"[::]:0":      every,
	} {
		listener, url, err := listenOn(addr)
		if err != nil {
			t.Errorf("%s: %v", addr, err)
			continue
		}
		got := reach(listener, url)
		if !regexp.MustCompile("^"+want+"$").MatchString(got) || !strings.HasSuffix(got, url) {
			t.Errorf("%s: listening on %s", addr, got)
		}
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Errorf("%s: %v", addr, err)
		} else {
			_ = conn.Close()
		}
		_ = listener.Close()
	}
}

// TestListenConcurrently: each notification stays one line.
func TestListenConcurrently(t *testing.T) {
	t.Parallel()
	p := start(t, []string{secretVariable + "=canary"}, "listen", "--addr", "127.0.0.1:0", "--output", "json")
	url := address(p)
	const copies = 16
	for i := range copies {
		go func() {
			body := fmt.Appendf(nil, `{"data":{"type":"AppUnavailable","id":"%d","filling":%q}}`, i, strings.Repeat("x", 32<<10))
			_, _ = post(context.Background(), url, body, notification.Sign([]byte("canary"), body))
		}()
	}
	for range copies {
		if line := p.line(); !json.Valid([]byte(line)) || len(line) < 32<<10 {
			t.Errorf("a line of %d bytes: %.40q", len(line), line)
		}
	}
}
