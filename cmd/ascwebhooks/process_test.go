package main

// The command as a process, for what scripts cannot see: signals, and output
// while it runs.

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// program is the command as users get it, killed if the test waits for it in vain.
func program(t *testing.T, env []string, args ...string) *exec.Cmd {
	return command(t, filepath.Join(built, "ascwebhooks"), env, args...)
}

func command(t *testing.T, path string, env []string, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), env...)
	return cmd
}

// process is a running ascwebhooks.
type process struct {
	*exec.Cmd
	t      *testing.T
	stdout *bufio.Reader
	stderr lines
}

// start runs ascwebhooks, under the race detector and with env added to the
// environment. It is killed when the test ends, if not before.
func start(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	return begin(t, command(t, "ascwebhooks", env, args...))
}

func begin(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{Cmd: cmd, t: t}
	p.stderr.arrived = make(chan string, 1000)
	p.Stderr = &p.stderr
	stdout, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdout = bufio.NewReader(stdout)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill(); _ = p.Wait() })
	return p
}

// line reads the next line of stdout.
func (p *process) line() string {
	p.t.Helper()
	line, err := p.stdout.ReadString('\n')
	if err != nil {
		p.t.Fatalf("reading stdout: %v; stderr: %s", err, p.stderr.String())
	}
	return line
}

// logged waits for a line on stderr that has text in it.
func (p *process) logged(text string) string {
	p.t.Helper()
	patience := time.After(30 * time.Second)
	for {
		select {
		case line := <-p.stderr.arrived:
			if strings.Contains(line, text) {
				return line
			}
		case <-patience:
			p.t.Fatalf("stderr never said %q, but %q", text, p.stderr.String())
		}
	}
}

// end sends a signal and returns the exit code and the rest of stdout.
func (p *process) end(signal os.Signal) (code int, stdout string) {
	p.t.Helper()
	if err := p.Process.Signal(signal); err != nil {
		p.t.Fatal(err)
	}
	rest, _ := io.ReadAll(p.stdout)
	_ = p.Wait()
	return p.ProcessState.ExitCode(), string(rest)
}

// lines is a Writer that also hands out each line.
type lines struct {
	mu      sync.Mutex
	all     strings.Builder
	partial string
	arrived chan string
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all.Write(b)
	l.partial += string(b)
	for {
		line, rest, ok := strings.Cut(l.partial, "\n")
		if !ok {
			return len(b), nil
		}
		l.partial = rest
		l.arrived <- line
	}
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// once runs ascwebhooks to its end.
func once(t *testing.T, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := program(t, env, args...)
	var out, err strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &err
	_ = cmd.Run()
	return cmd.ProcessState.ExitCode(), out.String(), err.String()
}
