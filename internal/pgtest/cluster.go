//go:build unix

// Package pgtest starts a PostgreSQL for the tests of the nested modules, which
// import it through their replace. It needs the server's binaries
// (Debian's package postgresql) and no network: a cluster listens on a unix
// socket in a temporary folder.
package pgtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/internal/otheruser"
)

// startTimeout is how long PostgreSQL may take to accept connections, with
// recovery after a hard stop.
const startTimeout = 30 * time.Second

// A Cluster is a PostgreSQL with its own data, fsync on.
type Cluster struct {
	bin, dir   string
	credential *syscall.Credential
	databases  int
	server     *exec.Cmd // nil while stopped
	hold       io.Closer // closing it stops the server
}

// Start returns a running cluster, which is stopped and removed when the test ends.
// Without PostgreSQL's binaries the test is skipped; under CI=true it fails.
func Start(tb testing.TB) *Cluster {
	tb.Helper()
	bin, err := findBinaries()
	if err != nil && os.Getenv("CI") == "true" {
		tb.Fatal(err)
	}
	if err != nil {
		tb.Skip(err)
	}
	// Not tb.TempDir: a socket's path has a limit of about 100 bytes.
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		tb.Fatal(err)
	}
	c := &Cluster{bin: bin, dir: dir}
	tb.Cleanup(func() {
		c.Stop(tb)
		_ = os.RemoveAll(dir)
	})
	c.credential = otheruser.Credential(tb, []string{"postgres", "nobody"}, dir)
	c.run(tb, "initdb", "--pgdata="+c.data(), "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
	c.Start(tb)
	return c
}

// findBinaries returns the folder that holds initdb.
func findBinaries() (string, error) {
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb"); len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("PostgreSQL's initdb is neither in /usr/lib/postgresql nor in PATH: " +
			"install Debian's package postgresql")
	}
	path, err = filepath.EvalSymlinks(path) // a link's folder may lack the other programs
	return filepath.Dir(path), err
}

// Start starts the cluster again after Stop.
func (c *Cluster) Start(tb testing.TB) {
	tb.Helper()
	// The shell stops the server when its standard input closes, which also
	// happens when the test's process dies. SIGQUIT is PostgreSQL's immediate stop.
	c.server = c.command("sh", "-c", `"$0" "$@" & cat; kill -QUIT $!; wait`,
		filepath.Join(c.bin, "postgres"), "-D", c.data(), "-k", c.dir, "-c", "listen_addresses=", "-c", "max_connections=200")
	hold, err := c.server.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	log, err := os.Create(c.dir + "/log")
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	c.server.Stderr = log
	if err := c.server.Start(); err != nil {
		tb.Fatal(err)
	}
	c.hold = hold
	for begin := time.Now(); c.command(filepath.Join(c.bin, "pg_isready"), "--quiet", "--host="+c.dir).Run() != nil; {
		if time.Since(begin) > startTimeout {
			text, _ := os.ReadFile(log.Name())
			tb.Fatalf("PostgreSQL does not start:\n%s", text)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Stop stops the cluster as a crash would, without finishing or flushing anything.
func (c *Cluster) Stop(tb testing.TB) {
	tb.Helper()
	if c.server == nil {
		return
	}
	_ = c.hold.Close()
	_ = c.server.Wait() // the status of a killed server
	c.server = nil
}

// NewDatabase creates an empty database and returns its connection string.
func (c *Cluster) NewDatabase(tb testing.TB) string {
	tb.Helper()
	c.databases++
	name := fmt.Sprintf("test%d", c.databases)
	c.run(tb, "createdb", "--host="+c.dir, "--username=postgres", name)
	return fmt.Sprintf("postgres:///%s?host=%s&user=postgres", name, c.dir)
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

// run runs one of PostgreSQL's programs to its end.
func (c *Cluster) run(tb testing.TB, program string, args ...string) {
	tb.Helper()
	if out, err := c.command(filepath.Join(c.bin, program), args...).CombinedOutput(); err != nil {
		tb.Fatalf("%s: %v\n%s", program, err, bytes.TrimSpace(out))
	}
}

func (c *Cluster) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = c.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.credential}
	return cmd
}
