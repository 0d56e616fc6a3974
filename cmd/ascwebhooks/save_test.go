package main

import (
	"context"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

// saved returns what is in dir, each file's content under its name.
func saved(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = string(content)
		if info, err := entry.Info(); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", entry.Name(), info.Mode(), err)
		}
	}
	return files
}

// TestSaveAndSendAgain: what listen saved, notify sends to a service as it
// came; listen itself takes it for the duplicate that it is.
func TestSaveAndSendAgain(t *testing.T) {
	t.Parallel()
	dir, secretFile := t.TempDir(), writeFile(t, "secret", "canary")
	listen := start(t, nil, "listen", "--addr", "127.0.0.1:0", "--save", dir, "--secret-file", secretFile)
	url := address(listen)
	body := "{ \"data\":\n{\"type\":\"AppUnavailable\",\"id\":\"a-1\",\"extra\":\"<é>\"} }\n"
	send := func(secret string, want int) {
		t.Helper()
		status, err := post(t.Context(), url, []byte(body), notification.Sign([]byte(secret), []byte(body)))
		if err != nil || status != want {
			t.Errorf("signed with %s: %d, %v, want %d", secret, status, err, want)
		}
	}
	send("forged", http.StatusUnauthorized)
	send("canary", http.StatusOK)
	files := saved(t, dir)
	if len(files) != 1 {
		t.Fatalf("saved %q", files)
	}
	var file string
	for name, content := range files {
		file = filepath.Join(dir, name)
		if content != body || !strings.HasSuffix(name, "Z-a-1.json") {
			t.Errorf("saved %q as %s, want %q", content, name, body)
		}
	}

	var received, signature string
	service := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		received, signature = string(readAll(t, r.Body)), r.Header.Get(notification.SignatureHeader)
	}))
	defer service.Close()
	for _, target := range []string{service.URL, url} {
		if code, stdout, stderr := inProcess(t, "notify", target, "--from", file, "--secret-file", secretFile); code != exitOK || stdout != "200 OK\n" {
			t.Errorf("notify --from: exit code %d, %q, %q", code, stdout, stderr)
		}
	}
	if received != body || signature != notification.Sign([]byte("canary"), []byte(body)) {
		t.Errorf("sent again as %q with %s", received, signature)
	}
	listen.line()
	if code, rest := listen.end(os.Interrupt); code != exitOK || rest != "" {
		t.Errorf("the duplicate was printed: exit code %d, %q", code, rest)
	}
	if files := saved(t, dir); len(files) != 1 {
		t.Errorf("the duplicate was saved: %q", files)
	}
}

// TestSavesBeforeForwarding: what the other server chokes on is there to be
// sent again, and what cannot be saved is not acknowledged.
func TestSavesBeforeForwarding(t *testing.T) {
	status := http.StatusBadGateway
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	defer service.Close()
	dir := filepath.Join(t.TempDir(), "saved")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	listen := start(t, []string{secretVariable + "=canary"},
		"listen", "--addr", "127.0.0.1:0", "--save", dir, "--forward", service.URL)
	url := address(listen)
	send := func(body string) {
		t.Helper()
		status, err := post(context.Background(), url, []byte(body), notification.Sign([]byte("canary"), []byte(body)))
		if err != nil || status != http.StatusInternalServerError {
			t.Errorf("responded %d, %v", status, err)
		}
	}
	hostile, malformed := `{"data":{"type":"AppUnavailable","id":"../../:*"}}`, "not JSON"
	send(hostile)
	send(malformed)
	var contents []string
	for name, content := range saved(t, dir) {
		contents = append(contents, content)
		if !safeID.MatchString(strings.TrimSuffix(name[len("20060102T150405.000000Z-"):], ".json")) {
			t.Errorf("saved as %q", name)
		}
	}
	if len(contents) != 2 || !strings.Contains(strings.Join(contents, "\n"), hostile) ||
		!strings.Contains(strings.Join(contents, "\n"), malformed) {
		t.Errorf("saved %q", contents)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	status = http.StatusOK
	send(`{"data":{"type":"AppUnavailable","id":"unsaved"}}`)
	listen.logged("not saved: ")
	send(malformed)
	listen.logged("not saved: ")
}

// TestSaveLeavesNothingBehind when the file cannot be put in its place.
func TestSaveLeavesNothingBehind(t *testing.T) {
	dir, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dir.Close() }()
	names := func() []string {
		found, err := fs.Glob(dir.FS(), "*")
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if err := writeWhole(dir, "taken", []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := dir.Mkdir("a-directory", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := writeWhole(dir, "a-directory", []byte("second")); err == nil {
		t.Error("a directory was replaced")
	}
	if got := names(); strings.Join(got, " ") != "a-directory taken" {
		t.Errorf("left behind: %q", got)
	}
}

// TestSavedNames sort by time, whatever the zone, and keep ids apart.
func TestSavedNames(t *testing.T) {
	at := time.Date(2026, 1, 31, 13, 0, 0, 1000, time.FixedZone("", 3600))
	for id, want := range map[string]string{
		"8d50a4f6-7653":         "20260131T120000.000001Z-8d50a4f6-7653.json",
		"":                      "20260131T120000.000001Z-0e9f64031fcb2bc7.json",
		"a/b":                   "20260131T120000.000001Z-0e9f64031fcb2bc7.json",
		"a\nb":                  "20260131T120000.000001Z-0e9f64031fcb2bc7.json",
		"a.json":                "20260131T120000.000001Z-0e9f64031fcb2bc7.json",
		strings.Repeat("a", 65): "20260131T120000.000001Z-0e9f64031fcb2bc7.json",
	} {
		if got := savedName(at, id, []byte("a b c")); got != want {
			t.Errorf("%q: %s, want %s", id, got, want)
		}
	}
}

// TestSaveAndFromRefuse what cannot be, before anything is sent or listened to.
func TestSaveAndFromRefuse(t *testing.T) {
	t.Setenv(secretVariable, "canary")
	file, large := writeFile(t, "file", "{}"), writeFile(t, "large", strings.Repeat("x", 1<<20+1))
	missing, folder := filepath.Join(t.TempDir(), "missing"), t.TempDir()
	const notDirectory = "--save must be a directory that exists and can be written to: "
	listen, notify := []string{"listen", "--addr", "nowhere", "--save"}, []string{"notify", "http://127.0.0.1:1/", "--from"}
	tests := []struct {
		args []string
		path string
		want string
	}{
		{listen, missing, notDirectory + "no such file or directory"},
		{listen, file, notDirectory + "not a directory"},
		{listen, "/proc", notDirectory}, // nobody may write there
		{listen, "", "--save is empty"},
		{notify, missing, ": no such file or directory; give the path"},
		{notify, folder, ": is a directory; give the path"},
		{notify, large, "--from: over 1 MiB"},
	}
	for _, test := range tests {
		args := append(slices.Clone(test.args), test.path)
		code, stdout, stderr := inProcess(t, args...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, test.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: exit code %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
	}
}
