package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestNextFile keeps where to go on from one process to the next.
func TestNextFile(t *testing.T) {
	missed(t)
	file := filepath.Join(t.TempDir(), "next.txt")
	catchUp := []string{"webhooks", "catch-up", missedID, "--next-file", file}
	next := func() (at time.Time) {
		t.Helper()
		content, err := os.ReadFile(file)
		if err == nil {
			at, err = time.Parse(time.RFC3339+"\n", string(content))
		}
		if err != nil {
			t.Error(err)
		}
		return at
	}
	leave := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	if code, _, _ := inProcess(t, append(catchUp, "--dry-run")...); code != exitOK {
		t.Errorf("dry run: exit code %d", code)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a dry run wrote it: %v", err)
	}
	leave(file+".part", "of a process that was killed")
	if code, stdout, stderr := inProcess(t, catchUp...); code != exitOK || strings.Count(stdout, "\n") != 3 {
		t.Errorf("exit code %d, stdout %s, stderr %s", code, stdout, stderr)
	}
	if ago := time.Since(next()); ago < 4*time.Minute || ago > 6*time.Minute {
		t.Errorf("written: %v ago", ago)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), "*")); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}

	// The file's time is used: what is older than it is not printed.
	leave(file, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	if code, stdout, _ := inProcess(t, catchUp...); code != exitOK || stdout != "" {
		t.Errorf("from an hour ahead: exit code %d, stdout %s", code, stdout)
	}

	// A long pause: what is still listed is handed over, what is not is told, and the next run is fine.
	leave(file, "2020-01-01T00:00:00Z")
	code, stdout, stderr := inProcess(t, catchUp...)
	if code != exitFailed || strings.Count(stdout, "\n") != 3 ||
		!strings.Contains(stderr, "deliveries created from 2020-01-01T00:00:00Z to ") || !strings.Contains(stderr, "can no longer be listed") {
		t.Errorf("a long pause: exit code %d, stdout %s, stderr %s", code, stdout, stderr)
	}
	if code, _, stderr := inProcess(t, catchUp...); code != exitOK {
		t.Errorf("after it: exit code %d, stderr %s", code, stderr)
	}
}

// TestNextFileRefused: nothing is handed over if the file could not be used afterwards.
func TestNextFileRefused(t *testing.T) {
	server := missed(t)
	b := newBuilds(t, nil)
	folder, garbled := t.TempDir(), writeFile(t, "next.txt", "canary")
	for name, test := range map[string]struct{ file, want string }{
		"garbled":        {garbled, "--next-file holds no time such as"},
		"a folder":       {folder, "--next-file: "},
		"no such folder": {filepath.Join(folder, "none", "next.txt"), "--next-file must be in a directory that exists"},
	} {
		sent := len(server.Exchanges())
		code, stdout, stderr := inProcess(t, "webhooks", "catch-up", missedID, "--forward", b.url, "--next-file", test.file)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, test.want) || strings.Contains(stderr, "canary") {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", name, code, stdout, stderr)
		}
		if n := len(server.Exchanges()) - sent; n > 0 {
			t.Errorf("%s: %d requests", name, n)
		}
	}
	if content, _ := os.ReadFile(garbled); string(content) != "canary" {
		t.Errorf("the garbled file is now %q", content)
	}
	b.want(t, "refused", map[string]int{})
}

// TestNextFileNotWritten ends --every, and tells the time all the same.
func TestNextFileNotWritten(t *testing.T) {
	missed(t)
	folder := filepath.Join(t.TempDir(), "folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	b := newBuilds(t, func(string, int) bool { _ = os.Remove(folder); return false })
	code, _, stderr := inProcess(t, "webhooks", "catch-up", missedID, "--forward", b.url,
		"--next-file", filepath.Join(folder, "next.txt"), "--every", "1h")
	if code != exitFailed || !strings.Contains(stderr, "continue with --since ") ||
		!strings.Contains(stderr, "--next-file was not written: no such file or directory") {
		t.Errorf("exit code %d, stderr %s", code, stderr)
	}
}
