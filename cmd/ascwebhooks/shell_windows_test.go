package main

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"
)

// TestShellCommand leaves the quotes of a command to cmd.
func TestShellCommand(t *testing.T) {
	for command, want := range map[string]string{
		`echo a`:                    `a`,
		`echo "a b"`:                `"a b"`,
		`cmd /c "echo c" & echo "d`: "c\r\n\"d",
	} {
		out, err := shellCommand(t.Context(), command).Output()
		if got := strings.TrimSpace(string(out)); err != nil || strings.ReplaceAll(got, " \r", "\r") != want {
			t.Errorf("%s: printed %q, %v; want %q", command, got, err, want)
		}
	}
}

// TestShellCommandEnds with what it started, which holds its output open.
func TestShellCommandEnds(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	cmd := shellCommand(ctx, "cmd /c ping -n 60 127.0.0.1")
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	_, _ = io.Copy(io.Discard, output)
	if _ = cmd.Wait(); time.Since(start) > 20*time.Second {
		t.Errorf("it ended after %v", time.Since(start))
	}
}
