//go:build unix

// Package dbprocess runs a database server for tests: in a temporary folder,
// not as root, killed when the test or its process ends.
package dbprocess

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/internal/otheruser"
)

// startTimeout is how long a server may take to accept connections, with
// recovery after a hard stop.
const startTimeout = 30 * time.Second

// A Server is one process with its data below Dir.
type Server struct {
	Dir        string
	credential *syscall.Credential
	process    *exec.Cmd // nil while stopped
	hold       io.Closer // closing it stops the process
}

// Missing skips the test, and fails it under CI=true.
func Missing(tb testing.TB, err error) {
	tb.Helper()
	if os.Getenv("CI") == "true" {
		tb.Fatal(err)
	}
	tb.Skip(err)
}

// New makes the folder, which is removed when the test ends. Root gives it to
// the user with the name, or to nobody, since servers refuse to run as root.
func New(tb testing.TB, name string) *Server {
	tb.Helper()
	// Not tb.TempDir: a socket's path has a limit of about 100 bytes.
	dir, err := os.MkdirTemp("", "dbtest")
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{Dir: dir}
	tb.Cleanup(func() {
		s.Kill()
		_ = os.RemoveAll(dir)
	})
	s.credential = otheruser.Credential(tb, []string{name, "nobody"}, dir)
	return s
}

// Start starts the process. A shell sends it the signal when its own standard
// input closes, which also happens when the test's process dies.
func (s *Server) Start(tb testing.TB, signal, program string, args ...string) {
	tb.Helper()
	const script = `signal="$0"; "$@" & cat; kill -s "$signal" $!; wait`
	s.process = s.Command("sh", append([]string{"-c", script, signal, program}, args...)...)
	hold, err := s.process.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	log, err := os.Create(s.log())
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	s.process.Stderr = log
	if err := s.process.Start(); err != nil {
		tb.Fatal(err)
	}
	s.hold = hold
}

// Await waits until the server accepts connections.
func (s *Server) Await(tb testing.TB, accepts func() error) {
	tb.Helper()
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		err := accepts()
		if err == nil {
			return
		}
		if time.Since(begin) > startTimeout {
			text, _ := os.ReadFile(s.log())
			tb.Fatalf("the server does not start: %v\n%s", err, text)
		}
	}
}

// Kill stops the process as a crash would.
func (s *Server) Kill() {
	if s.process == nil {
		return
	}
	_ = s.hold.Close()
	_ = s.process.Wait() // the status of a killed server
	s.process = nil
}

// Run runs a program to its end.
func (s *Server) Run(tb testing.TB, program string, args ...string) {
	tb.Helper()
	if out, err := s.Command(program, args...).CombinedOutput(); err != nil {
		tb.Fatalf("%s: %v\n%s", program, err, bytes.TrimSpace(out))
	}
}

// Command runs as the server's user, in its folder.
func (s *Server) Command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = s.Dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.credential}
	return cmd
}

func (s *Server) log() string { return filepath.Join(s.Dir, "log") }
