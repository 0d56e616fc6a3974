package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
)

// largeVersion has more variants and deltas than a page has.
func largeVersion() asctest.PackageVersion {
	v := asctest.PackageVersion{PackageFile: asctest.PackageFile{ID: "v", Content: []byte("manifest")}, PackageID: "p", Version: "7"}
	for i := range 230 {
		v.Variants = append(v.Variants, asctest.PackageFile{ID: fmt.Sprint("v", i), Content: fmt.Appendf(nil, "variant v%d", i)})
	}
	for i := range 120 {
		v.Deltas = append(v.Deltas, asctest.PackageFile{ID: fmt.Sprint("d", i), Content: fmt.Appendf(nil, "delta d%d", i)})
	}
	return v
}

// downloads counts the requests for files so far.
func downloads(server *asctest.Server) (n int) {
	for _, exchange := range server.Exchanges() {
		if exchange.Operation == asctest.Download {
			n++
		}
	}
	return n
}

func names(t *testing.T, folder string) (names []string) {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		names = append(names, file.Name())
	}
	return names
}

// TestDownload: everything is downloaded, once. What is there and whole is left alone, what is not is replaced.
func TestDownload(t *testing.T) {
	server := account(t, largeVersion())
	folder := t.TempDir()
	var printed packageVersionDocument
	stdout := succeed(t, "package-version", "v", "--download", folder, "--output", "json")
	if err := json.Unmarshal([]byte(stdout), &printed); err != nil || strings.Contains(stdout, `"url`) {
		t.Fatalf("%v: %s", err, stdout)
	}
	files := append([]packageFileDocument{printed.packageFileDocument}, slices.Concat(printed.Variants, printed.Deltas)...)
	for _, f := range files {
		content, err := os.ReadFile(filepath.Join(folder, f.File))
		kind, id, _ := strings.Cut(f.File, "-")
		if want := strings.TrimSuffix(kind+" "+id, " v"); err != nil || string(content) != want {
			t.Errorf("%s holds %q, want %q; %v", f.File, content, want, err)
		}
	}
	if there := names(t, folder); len(there) != 351 || len(files) != 351 || downloads(server) != 351 {
		t.Errorf("%d files, %d printed, %d downloads", len(there), len(files), downloads(server))
	}

	if err := os.WriteFile(filepath.Join(folder, "variant-v7"), []byte("variant"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(folder, "delta-d8")); err != nil {
		t.Fatal(err)
	}
	text := succeed(t, "package-version", "v", "--download", folder)
	if !strings.Contains(text, "\nvariant:      v7  variant-v7\n") || strings.Contains(text, "http") {
		t.Errorf("printed %s", text)
	}
	if content, err := os.ReadFile(filepath.Join(folder, "variant-v7")); string(content) != "variant v7" || downloads(server) != 353 {
		t.Errorf("got %q, %v after %d downloads", content, err, downloads(server))
	}
}

// TestDownloadWrong: a file that is wrong is named and not kept, and the others are downloaded all the same.
func TestDownloadWrong(t *testing.T) {
	v := asctest.PackageVersion{PackageFile: asctest.PackageFile{ID: "v"}, Variants: []asctest.PackageFile{
		{ID: "wrong", Content: []byte("x"), Checksum: strings.Repeat("0", 64)}, {ID: "right", Content: []byte("y")},
	}}
	account(t, v)
	folder := t.TempDir()
	code, stdout, stderr := inProcess(t, "package-version", "v", "--download", folder)
	if code != exitFailed || stdout != "" || !strings.Contains(stderr, "downloading wrong: the checksum does not verify") {
		t.Errorf("exit code %d, %q, %q", code, stdout, stderr)
	}
	if there := names(t, folder); !slices.Equal(there, []string{"manifest-v", "variant-right"}) {
		t.Errorf("there are %v", there)
	}
}

// TestDownloadExpires: the version is read again for URLs that have expired on the way, but not in vain for ever.
func TestDownloadExpires(t *testing.T) {
	for _, test := range []struct{ every, code, left int }{{3, exitOK, 4}, {1, exitFailed, 0}} {
		n := 0
		server := account(t, asctest.PackageVersion{
			PackageFile: asctest.PackageFile{ID: "v"}, Variants: make([]asctest.PackageFile, 3),
		}, asctest.Settings{Faults: func(r asctest.Exchange) *asctest.Fault {
			if r.Operation != asctest.Download {
				return nil
			}
			if n++; n%test.every != 0 {
				return nil
			}
			return &asctest.Fault{Kind: asctest.FaultPlainText, Status: http.StatusForbidden}
		}})
		folder := t.TempDir()
		code, _, stderr := inProcess(t, "package-version", "v", "--download", folder)
		if there := names(t, folder); code != test.code || len(there) != test.left {
			t.Errorf("exit code %d, %q, with %v after %d downloads", code, stderr, there, downloads(server))
		}
		if code != exitOK && !strings.Contains(stderr, "the download URL has expired") {
			t.Errorf("said %q", stderr)
		}
	}
}

// TestDownloadRefuses: nothing is sent where nothing can be kept.
func TestDownloadRefuses(t *testing.T) {
	server := account(t, largeVersion())
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	folders := []string{file, filepath.Join(t.TempDir(), "missing")}
	if runtime.GOOS == "linux" {
		folders = append(folders, "/proc/self")
	}
	for _, folder := range folders {
		code, stdout, stderr := inProcess(t, "package-version", "v", "--download", folder)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, "--download must be a folder in which files can be made") {
			t.Errorf("%s: exit code %d, %q, %q", folder, code, stdout, stderr)
		}
	}
	if sent := server.Exchanges(); len(sent) > 0 {
		t.Errorf("sent %v", sent)
	}
}

// TestDownloadProgress: a terminal shows how far the download is; TestDownload has none, and no progress.
func TestDownloadProgress(t *testing.T) {
	server := asctest.NewServer(t, asctest.PackageVersion{
		PackageFile: asctest.PackageFile{ID: "v"}, Variants: make([]asctest.PackageFile, 3),
	})
	cmd := exec.Command(filepath.Join(built, "ascwebhooks"), "package-version", "v", "--download", t.TempDir())
	cmd.Env = append(os.Environ(), environment(t, server)...)
	terminal := startOnTerminal(t, cmd)
	_ = terminal.SetReadDeadline(time.Now().Add(10 * time.Second))
	var shown strings.Builder
	buffer := make([]byte, 1<<10)
	for n, err := 0, error(nil); err == nil; n, err = terminal.Read(buffer) {
		shown.Write(buffer[:n])
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	const last = "\r\x1b[Kfile 4 of 4, 0.0 MB downloaded"
	if _, after, found := strings.Cut(shown.String(), last); !found || !strings.HasPrefix(after, "\r\x1b[K") {
		t.Errorf("showed %q", shown.String())
	}
}
